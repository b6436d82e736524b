package shop

import "net/mail"

// Sender is who a mail is from.
type Sender struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
}

// ParseSender reads shop@example.com or "My Shop <shop@example.com>". The
// domain comes out in ASCII.
func ParseSender(s string) (Sender, bool) {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return Sender{}, false
	}
	email, ok := ParseEmail(a.Address)
	name, clean := cleanLine(a.Name)
	return Sender{Name: name, Address: email.Mailbox()}, ok && clean
}
