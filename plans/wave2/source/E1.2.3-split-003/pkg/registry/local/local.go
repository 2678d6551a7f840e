// Package local is an in-process registry on the loopback, for tests and demos. It keeps everything in memory.
package local

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"example.org/idpbuilder-push-oci/pkg/oci"
)

// maxBody bounds what the registry takes in one request.
const maxBody = 64 << 20

// Options say how the registry behaves.
type Options struct {
	Username     string // who may log in; empty lets everybody in
	Password     string
	Basic        bool // wants basic authentication instead of a bearer token
	FailUploads  int  // the first so many uploads fail with 503
	ForgetUpload bool // the first upload is forgotten before it is finished, with 500
}

// Registry is a running registry.
type Registry struct {
	options Options
	token   string
	address string
	server  *http.Server

	mutex     sync.Mutex
	failed    int               // uploads that were made to fail
	started   int               // uploads that were started
	uploads   map[string]bool   // open uploads, by path
	forgotten bool              // whether the first upload has been forgotten
	blobs     map[string]bool   // by repository and digest
	manifests map[string]string // digests, by repository and tag
}

// Start starts a registry on a free port of 127.0.0.1.
func Start(options Options) (*Registry, error) {
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Registry{
		options: options, token: hex.EncodeToString(secret), address: listener.Addr().String(),
		uploads: map[string]bool{}, blobs: map[string]bool{}, manifests: map[string]string{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /token", r.giveToken)
	mux.HandleFunc("/v2/", r.serve)
	r.server = &http.Server{Handler: mux}
	go r.server.Serve(listener) // returns when the server is closed
	return r, nil
}

// Address is host and port.
func (r *Registry) Address() string { return r.address }

// Close stops the registry at once.
func (r *Registry) Close() error { return r.server.Close() }

// List is what the registry holds, a line for each tag: repository:tag and digest.
func (r *Registry) List() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var lines []string
	for tag, digest := range r.manifests {
		lines = append(lines, tag+" "+digest)
	}
	slices.Sort(lines)
	return lines
}

// giveToken gives a token to who logs in with the right name and password.
func (r *Registry) giveToken(w http.ResponseWriter, request *http.Request) {
	if !r.knows(request) {
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "wrong user name or password")
		return
	}
	json.NewEncoder(w).Encode(map[string]string{"token": r.token})
}

func (r *Registry) knows(request *http.Request) bool {
	user, password, _ := request.BasicAuth()
	return equal(user, r.options.Username) && equal(password, r.options.Password)
}

func (r *Registry) authorized(request *http.Request) bool {
	switch {
	case r.options.Username == "":
		return true
	case r.options.Basic:
		return r.knows(request)
	}
	return equal(request.Header.Get("Authorization"), "Bearer "+r.token)
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// serve takes apart /v2/REPOSITORY/KIND/NAME and hands over.
func (r *Registry) serve(w http.ResponseWriter, request *http.Request) {
	path := strings.TrimPrefix(request.URL.Path, "/v2/")
	repository, kind, name := path, "", ""
	for _, kind = range []string{"/blobs/uploads/", "/blobs/", "/manifests/"} {
		if at := strings.LastIndex(path, kind); at >= 0 {
			repository, name = path[:at], path[at+len(kind):]
			break
		}
	}
	if !r.authorized(request) {
		challenge := `Basic realm="local"`
		if !r.options.Basic {
			challenge = fmt.Sprintf(`Bearer realm="http://%s/token",service="local",scope="repository:%s:pull,push"`, r.address, repository)
		}
		w.Header().Set("WWW-Authenticate", challenge)
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication is wanted")
		return
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "SIZE_INVALID", err.Error())
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	switch request.Method + " " + kind {
	case "POST /blobs/uploads/":
		r.startUpload(w, repository)
	case "PUT /blobs/uploads/":
		r.finishUpload(w, request.URL, repository, content)
	case "HEAD /blobs/":
		if !r.blobs[repository+"@"+name] {
			w.WriteHeader(http.StatusNotFound)
		}
	case "PUT /manifests/":
		r.putManifest(w, repository, name, content)
	default:
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", request.Method+" is not supported here")
	}
}

func (r *Registry) startUpload(w http.ResponseWriter, repository string) {
	if r.failed < r.options.FailUploads {
		r.failed++
		refuse(w, http.StatusServiceUnavailable, "TOOMANYREQUESTS", "injected failure "+strconv.Itoa(r.failed))
		return
	}
	r.started++
	location := fmt.Sprintf("/v2/%s/blobs/uploads/%d", repository, r.started)
	r.uploads[location] = true
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusAccepted)
}

func (r *Registry) finishUpload(w http.ResponseWriter, target *url.URL, repository string, content []byte) {
	if r.options.ForgetUpload && !r.forgotten {
		r.forgotten = true
		delete(r.uploads, target.Path)
		refuse(w, http.StatusInternalServerError, "BLOB_UPLOAD_INVALID", "injected failure")
		return
	}
	digest := target.Query().Get("digest")
	switch {
	case !r.uploads[target.Path]:
		refuse(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", target.Path)
	case string(oci.DigestOf(content)) != digest:
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", digest)
	default:
		delete(r.uploads, target.Path)
		r.blobs[repository+"@"+digest] = true
		w.WriteHeader(http.StatusCreated)
	}
}

func (r *Registry) putManifest(w http.ResponseWriter, repository, tag string, content []byte) {
	var manifest oci.Manifest
	if err := json.Unmarshal(content, &manifest); err != nil {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", err.Error())
		return
	}
	for _, blob := range append(manifest.Layers, manifest.Config) {
		if !r.blobs[repository+"@"+string(blob.Digest)] {
			refuse(w, http.StatusBadRequest, "MANIFEST_BLOB_UNKNOWN", string(blob.Digest))
			return
		}
	}
	digest := string(oci.DigestOf(content))
	r.manifests[repository+":"+tag] = digest
	w.Header().Set("Docker-Content-Digest", digest)
	w.WriteHeader(http.StatusCreated)
}

// refuse answers with an error in the form of the specification.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
}
