package mail

import (
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// mime is the message as it goes over the wire. go-mail encodes what headers
// cannot hold, and refuses addresses that are none.
func (m Message) mime() (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(m.From.Name, m.From.Address); err != nil {
		return nil, err
	}
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office notes, please
	msg.SetGenHeader("Content-Language", m.Language)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}

// headers are what stands before the body.
func (m Message) headers() (string, error) {
	msg, err := m.mime()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if _, err := msg.WriteTo(&b); err != nil {
		return "", err
	}
	before, _, _ := strings.Cut(b.String(), "\r\n\r\n")
	return before, nil
}
