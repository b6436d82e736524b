package mail

import (
	"embed"
	"fmt"
	html "html/template"
	"regexp"
	"strings"
	text "text/template"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"regulars/internal/shop"
)

// Each mail has a folder with one file for each language, which defines its
// subject, body, action (what the link does) and after (what follows the link).
// They are plain text, whose paragraphs empty lines part; the layouts make a
// page and a letter of them, so that both say the same.
//
//go:embed templates
var files embed.FS

var (
	matcher  = language.NewMatcher(shop.Languages)
	texts    = parseTexts()
	page     = html.Must(html.ParseFS(files, "templates/layout.html"))
	plain    = text.Must(text.ParseFS(files, "templates/layout.txt"))
	nameLike = regexp.MustCompile(`^[\pL\pM]+((\.? |['’-])[\pL\pM]+)*\.?$`)
)

// facts are all that texts can speak of.
type facts struct {
	Store   string
	Name    string // to greet by; "" for nobody in particular
	Link    string
	Minutes int  // that the link works
	Asks    bool // the link is for the reader alone, and does something
	When    string
	Network string
}

// Hours that the link works.
func (f facts) Hours() int { return f.Minutes / 60 }

func parseTexts() map[shop.Mail]map[language.Tag]*text.Template {
	out := map[shop.Mail]map[language.Tag]*text.Template{}
	for mail := range letters {
		out[mail] = map[language.Tag]*text.Template{}
		for _, tag := range shop.Languages {
			out[mail][tag] = text.Must(text.ParseFS(files, fmt.Sprintf("templates/%s.txt", tag), fmt.Sprintf("templates/%s/%s.txt", mail, tag)))
		}
	}
	return out
}

// languageOf is the first of locales that there are texts in.
func languageOf(locales ...string) language.Tag {
	for _, l := range locales {
		if tag, err := language.Parse(l); err == nil {
			if _, i, sure := matcher.Match(tag); sure != language.No {
				return shop.Languages[i]
			}
		}
	}
	return shop.Languages[0]
}

// letterhead is what the layouts lay out.
type letterhead struct {
	Language, Subject, Store, Link, Action string
	Body, After                            []string
}

// render writes a mail's texts. The templates are compiled in and speak of facts
// alone, so a failure is a mistake in the program, which a test would have met.
func render(mail shop.Mail, tag language.Tag, f facts) Message {
	part := func(name string) string {
		var b strings.Builder
		if err := texts[mail][tag].ExecuteTemplate(&b, name, f); err != nil {
			panic("mail: " + err.Error())
		}
		return strings.TrimSpace(b.String())
	}
	l := letterhead{Language: tag.String(), Subject: oneLine(part("subject")), Store: f.Store, Link: f.Link,
		Action: oneLine(part("action")), Body: paragraphs(part("body")), After: paragraphs(part("after"))}
	var asHTML, asText strings.Builder
	if err := page.Execute(&asHTML, l); err != nil {
		panic("mail: " + err.Error())
	}
	if err := plain.Execute(&asText, l); err != nil {
		panic("mail: " + err.Error())
	}
	return Message{Language: l.Language, Subject: l.Subject, Text: strings.TrimSpace(asText.String()) + "\n", HTML: asHTML.String()}
}

// paragraphs joins the lines of each paragraph: how they are wrapped is for
// whoever edits the template.
func paragraphs(s string) (out []string) {
	for p := range strings.SplitSeq(s, "\n\n") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// oneLine keeps a text that a header or a line is made of from being two.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// greetable is a name that looks like one, else "": whoever signs a stranger's
// address up must not have us write to them what he likes, least of all what
// mail programs turn into a link.
func greetable(name string) string {
	if utf8.RuneCountInString(name) > 40 || !nameLike.MatchString(name) {
		return ""
	}
	return name
}
