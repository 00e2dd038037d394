package main

import (
	"crypto/x509"
	"os"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/cert"
)

func TestCredentialsBelongTogetherAndArePrivate(t *testing.T) {
	dir := t.TempDir()
	files := filesIn(dir)
	s := settings{dir: dir, name: "shop", authnWebhook: "http://127.0.0.1:1/authn", serviceCIDR: "172.20.0.0/16"}
	if err := writeCredentials(files, s, "https://127.0.0.1:6443"); err != nil {
		t.Fatal(err)
	}
	roots, err := cert.NewPool(files.ca)
	if err != nil {
		t.Fatal(err)
	}
	server, err := cert.CertsFromFile(files.serverCert)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"127.0.0.1", "172.20.0.1", "kubernetes.default.svc"} {
		if _, err := server[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("the server's certificate does not hold for %s: %v", name, err)
		}
	}
	admin, err := clientcmd.BuildConfigFromFlags("", files.adminKubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	client, err := cert.ParseCertsPEM(admin.CertData)
	if err != nil {
		t.Fatal(err)
	}
	options := x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if _, err := client[0].Verify(options); err != nil || client[0].Subject.Organization[0] != "system:masters" {
		t.Errorf("the administrator is %v, verified: %v", client[0].Subject, err)
	}
	content, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range content {
		if info, err := file.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %s (%v), want 0600", file.Name(), info.Mode(), err)
		}
	}
}
