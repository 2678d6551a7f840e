#!/usr/bin/env bash
# Demo of wave 2: push an image to a registry that wants authentication and fails twice. See DEMO.md.
# Run it from the root of a checkout. It writes to a temporary folder only, and talks to nothing but itself.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "Wave 2: push an OCI image"
echo
echo "1. Build the program"
go build -buildvcs=false -o "$folder/idpbuilder" ./cmd/idpbuilder
"$folder/idpbuilder" help

echo
echo "2. Write a tiny image, an OCI layout"
sample=$("$folder/idpbuilder" sample "$folder/image")
digest=${sample##* }
echo "$sample"
(cd "$folder/image" && sha256sum blobs/sha256/*)

echo
echo "3. Push it to a registry that wants authentication and fails the first 2 uploads"
export IDPBUILDER_USERNAME=demo IDPBUILDER_PASSWORD=not-a-secret
"$folder/idpbuilder" local --username demo --password not-a-secret --failures 2 \
    push --plain-http --retry-delay 10ms --layout "$folder/image" REGISTRY/demo/hello:v1 | tee "$folder/transcript"

echo
echo "4. Check what the registry holds"
transcript=$(<"$folder/transcript")
for wanted in "authentication: bearer token" "retry 2 of 3" "local registry holds demo/hello:v1 $digest"; do
    if [[ $transcript != *"$wanted"* ]]; then
        echo "missing in the transcript: $wanted" >&2
        exit 1
    fi
    echo "ok  $wanted"
done

echo
echo "5. A wrong password must not get in"
if refused=$(IDPBUILDER_PASSWORD=wrong "$folder/idpbuilder" local --username demo --password not-a-secret \
    push --plain-http --layout "$folder/image" REGISTRY/demo/hello:v1 2>&1); then
    echo "the push went through" >&2
    exit 1
fi
if [[ $refused != *"authentication: the token service answers 401 Unauthorized"* ]]; then
    echo "the push failed for another reason: $refused" >&2
    exit 1
fi
echo "ok  authentication: the token service answers 401 Unauthorized"

echo
echo "Done: pushed $digest"
