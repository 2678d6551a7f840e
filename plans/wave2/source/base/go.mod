module example.org/idpbuilder-push-oci

go 1.22
