package push

import "time"

// PushOptions is what the command line asks for.
type PushOptions struct {
	Destination string        // REGISTRY/REPOSITORY[:TAG]
	Layout      string        // folder of the OCI image layout
	Image       string        // name of the image in the layout; may be empty where there is one only
	Username    string        // for the registry
	Password    string        // for the registry
	PlainHTTP   bool          // talk HTTP instead of HTTPS
	Retries     int           // how often a failed request is tried again
	RetryDelay  time.Duration // wait before the first retry; it doubles with each
}
