// The cluster's own certificate authority, certificates and keys, and the configuration files that
// carry them. The authority's key is never written: nothing is signed after the start.

package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
	netutils "k8s.io/utils/net"
)

// files are the absolute paths of what the components read.
type files struct {
	ca                string
	serverCert        string
	serverKey         string
	serviceAccountKey string
	adminKubeconfig   string
	authnWebhook      string
	authnConfig       string
}

func filesIn(dir string) files {
	return files{
		ca:                filepath.Join(dir, "ca.crt"),
		serverCert:        filepath.Join(dir, "apiserver.crt"),
		serverKey:         filepath.Join(dir, "apiserver.key"),
		serviceAccountKey: filepath.Join(dir, "service-accounts.key"),
		adminKubeconfig:   filepath.Join(dir, "admin.kubeconfig"),
		authnWebhook:      filepath.Join(dir, "authn-webhook.kubeconfig"),
		authnConfig:       filepath.Join(dir, "authentication.yaml"),
	}
}

// anonymousOnlyForHealth is what EKS does: without credentials one may ask whether the server lives.
const anonymousOnlyForHealth = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous:
  enabled: true
  conditions:
  - path: /healthz
  - path: /livez
  - path: /readyz
`

// writeCredentials creates the authority and every file that depends on it.
func writeCredentials(f files, s settings, endpoint string) error {
	ca, err := newAuthority(s.name)
	if err != nil {
		return because("could not create a certificate authority", "", err)
	}
	serverCert, serverKey, err := ca.issue(cert.Config{
		CommonName: "kube-apiserver",
		Usages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		AltNames:   serverNames(s.serviceCIDR),
	})
	if err != nil {
		return because("could not create the server's certificate", "", err)
	}
	adminCert, adminKey, err := ca.issue(cert.Config{
		CommonName:   "groundplan-control-plane",
		Organization: []string{"system:masters"},
		Usages:       []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return because("could not create the administrator's certificate", "", err)
	}
	// EKS signs service account tokens with RS256, and so do those who verify them expect.
	tokenKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return because("could not create the key for service account tokens", "", err)
	}
	tokenKeyPEM, err := keyutil.MarshalPrivateKeyToPEM(tokenKey)
	if err != nil {
		return because("could not encode the key for service account tokens", "", err)
	}
	caPEM := encodeCert(ca.cert.Raw)
	for path, content := range map[string][]byte{
		f.ca: caPEM, f.serverCert: serverCert, f.serverKey: serverKey,
		f.serviceAccountKey: tokenKeyPEM, f.authnConfig: []byte(anonymousOnlyForHealth),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return because("could not write "+path, "", err)
		}
	}
	admin := kubeconfig(s.name, &clientcmdapi.Cluster{Server: endpoint, CertificateAuthorityData: caPEM},
		&clientcmdapi.AuthInfo{ClientCertificateData: adminCert, ClientKeyData: adminKey})
	webhook := kubeconfig("authn-webhook", &clientcmdapi.Cluster{Server: s.authnWebhook}, &clientcmdapi.AuthInfo{})
	for path, config := range map[string]*clientcmdapi.Config{f.adminKubeconfig: admin, f.authnWebhook: webhook} {
		if err := clientcmd.WriteToFile(*config, path); err != nil {
			return because("could not write "+path, "", err)
		}
	}
	return nil
}

// kubeconfig names its only cluster, user and context alike.
func kubeconfig(name string, cluster *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) *clientcmdapi.Config {
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = cluster
	config.AuthInfos[name] = user
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	return config
}

// serverNames are the names clients outside and inside the cluster know the API server by. The CIDR
// was checked with the command line.
func serverNames(serviceCIDR string) cert.AltNames {
	names := cert.AltNames{
		DNSNames: []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
		IPs:      []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if _, services, err := net.ParseCIDR(serviceCIDR); err == nil {
		if first, err := netutils.GetIndexedIP(services, 1); err == nil {
			names.IPs = append(names.IPs, first)
		}
	}
	return names
}

// authority signs certificates for as long as the process starts.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	own, err := cert.NewSelfSignedCACert(cert.Config{CommonName: name + " sandbox"}, key)
	if err != nil {
		return nil, err
	}
	return &authority{own, key}, nil
}

// issue returns a new certificate and its key, PEM encoded.
func (a *authority) issue(config cert.Config) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: config.CommonName, Organization: config.Organization},
		DNSNames:     config.AltNames.DNSNames,
		IPAddresses:  config.AltNames.IPs,
		NotBefore:    a.cert.NotBefore,
		NotAfter:     time.Now().AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  config.Usages,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, nil, err
	}
	keyPEM, err = keyutil.MarshalPrivateKeyToPEM(key)
	return encodeCert(der), keyPEM, err
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: der})
}
