"""Looks at a report in headless Chromium, with and without scripts, at several widths."""

import html
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=4000",
)

LOOKING = """<!doctype html><meta charset="utf-8"><body><script>
const looks = {looks}, pages = {pages}, seen = [];
let waiting = looks.length;
for (const look of looks) {{
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${{look.width}}px;height:800px;border:0`;
  frame.sandbox = look.scripts ? "allow-same-origin allow-scripts" : "allow-same-origin";
  frame.onload = () => setTimeout(() => {{
    const page = frame.contentDocument;
    seen.push({{...look, title: page.title, text: page.body.innerText,
      sideways: page.documentElement.scrollWidth - look.width,
      background: getComputedStyle(page.body).backgroundColor, ink: getComputedStyle(page.body).color}});
    if (--waiting === 0) {{
      const out = document.createElement("pre");
      out.id = "seen";
      out.textContent = JSON.stringify(seen);
      document.body.replaceChildren(out);
    }}
  }}, 300);
  frame.srcdoc = pages;
  document.body.append(frame);
}}
</script>"""


def look(report: Path, *looks: dict[str, Any], dark: bool = False) -> list[dict[str, Any]]:
    """What a person sees of a page: visible text, title, colours, and by how much it scrolls sideways.

    Args:
        report: an HTML file.
        looks: each with `width` in pixels and `scripts`, whether they may run.
        dark: the reader's system asks for dark colours.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium (Debian package chromium)")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "looking.html"
        source = json.dumps(report.read_text(encoding="utf-8")).replace("<", "\\u003c")
        page.write_text(LOOKING.format(looks=json.dumps(looks), pages=source), encoding="utf-8")
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        done = subprocess.run(
            [chromium, *FLAGS, scheme, f"--user-data-dir={folder}/profile", "--dump-dom", page.as_uri()],
            capture_output=True,
            check=True,
            timeout=120,
        )
    seen = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout.decode(), re.DOTALL)
    assert seen, done.stderr.decode()
    return list(json.loads(html.unescape(seen[1])))
