package mail

import "crypto/x509"

// Trust has the relay's certificate checked against roots.
func (s *SMTP) Trust(roots *x509.CertPool) { s.roots = roots }
