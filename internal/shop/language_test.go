package shop_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"regulars/internal/shop"
)

// forDevelopers are texts that only people who write programs meet: a shopper
// types neither cursors nor queries.
var forDevelopers = []string{
	"A price list has to be the only rule.", "There are two rules for %s.", "A percentage is between 0 and 100.", "%q is not a rule.",
	"Categories are named where, and only where, the access is SPECIFIC.",
	"There is no such store.", "There is no store %q.", "There is a store %q already.", "The store has no such channel.", "The channel has no such host.",
	"The token would be over before it is made.", "The store has no such token.", "Pages of this origin may not send this token.",
	"This token is for servers: it names no origins whose pages may send it.",
	"Send X-Bc-Customer-Id or X-Bc-Customer-Access-Token, not both.",
	"The host %s belongs to another channel.", "There is a group %q already.", "There is no group %q.",
	"There is no such customer.",
	"Give first or last, not both.", "Ask for 0 to %d items.", "This is not a cursor of this list.", "Give the language as a BCP 47 tag, such as en-GB.",
	"An order id needs origin CHECKOUT.", "An order id is a positive number.",
	"This origin may not act for shoppers here. The storefront's channel has to list it.",
	"Leave out the spaces around it.", "Give an address with https:// or http://.", "Sessions last %d seconds at least.",
	"A captcha needs site key, URL and secret before it can be asked for.", "A captcha needs a site key before it can be asked for.",
	"Passwords can be asked for with 1 to %d characters.", "A language's path is one of this site, such as /de.", "A language stands there twice.",
	"Ask for %d keys at most.", "The address has to be a path, or that of a page of this store.",
	// What only the command line defines.
	"A sort order is a number of 32 bits.", "There is a field %q already.", "A store has at most %d fields of its own.", "A field of this kind needs options.",
	"A field of this kind has no %s.", "A field has at most %d options.", "The field has the option %q already.", "A text has 1 to 100 rows.",
	"A length is between 1 and 1000.", "The smallest value is above the largest.", "A bound is a whole number of 32 bits.",
	"No such field is built into this form.", "Whether this field is required is not for the store to say.", "The store has no form field %d of its own.",
	"The attribute %q takes a number.", "The attribute %q takes a date, as in 2024-12-31 or 2024-12-31T12:00:00Z.", "There is no such attribute.",
	"A store has at most %d attributes.", "There is an attribute %q already.", "A currency is a code of ISO 4217, such as EUR.",
	"An amount in %s is a number with at most %s decimals, such as 12.", "A value has 1 to 65535 characters.", "There is no such permission set.",
	"The store has no %s %d.", "There can be at most %d metafields.", "There is no such metafield.", "There is no such customer.",
	"There is an app %s already.", "There is no such app.", "This app has no such secret.",
}

// texts finds what the program's own sources hand to the makers of errors.
func texts(t *testing.T) map[string]string {
	t.Helper()
	makers := []string{"Errorf", "Invalid", "fail", "orMissing", "refuse", "say"}
	out := map[string]string{}
	parse := func(path string) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !slices.Contains(makers, called(call)) {
				return true
			}
			for _, arg := range call.Args {
				if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					// Pages have titles, too.
					if s, _ := strconv.Unquote(lit.Value); strings.HasSuffix(s, ".") || called(call) == "say" {
						out[s] = path
					}
				}
			}
			return true
		})
	}
	root := filepath.Join("..", "..")
	for _, dir := range []string{"storage", "graph", "internal/shop", "internal/account", "internal/newsletter", "internal/session", "internal/sso", "internal/page"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, e fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && e.Name() != "generated.go" {
				parse(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 20 {
		t.Fatalf("found only %d texts", len(out))
	}
	return out
}

// called is the name of a function, without its package; fmt's are not ours.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && x.Name == "fmt" {
			return ""
		}
		return f.Sel.Name
	}
	return ""
}

// Texts about the query itself are for developers as well.
var aboutQueries = regexp.MustCompile(`^(The query|The operation|Only one mutation|Int is|Long is|BigDecimal is|Float is|DateTime is|Mutations have to|Accept has to)`)

// sources are the files of the catalogue. English is the key itself.
var sources = map[language.Tag]string{language.German: "german.go", language.French: "french.go", language.Spanish: "spanish.go"}

func TestEveryLanguageHasItsFile(t *testing.T) {
	t.Parallel()
	if len(shop.Languages) != 1+len(sources) || shop.Languages[0] != language.English {
		t.Error(shop.Languages)
	}
}

func TestEverythingAShopperReadsIsTranslated(t *testing.T) {
	t.Parallel()
	found := texts(t)
	for text, path := range found {
		if aboutQueries.MatchString(text) || slices.Contains(forDevelopers, text) {
			continue
		}
		for tag := range sources {
			if !shop.Translated(tag, text) {
				t.Errorf("%s: nothing in %q for %q", path, tag, text)
			}
		}
	}
	for _, text := range forDevelopers {
		if _, ok := found[text]; !ok {
			t.Errorf("nobody says %q any more", text)
		}
	}
}

var verbs = regexp.MustCompile(`%[^ ]`)

func TestTranslationsFitTheirKeys(t *testing.T) {
	t.Parallel()
	said := allSources(t)
	for tag, file := range sources {
		translated := translations(t, tag, file)
		for key, text := range translated {
			if a, b := verbs.FindAllString(key, -1), verbs.FindAllString(text, -1); !slices.Equal(a, b) {
				t.Errorf("%q has %v, its translation %v", key, a, b)
			}
			if strings.HasSuffix(key, ".") != strings.HasSuffix(text, ".") || text == key || text != strings.TrimSpace(text) {
				t.Errorf("%q -> %q", key, text)
			}
			if !strings.Contains(said, strconv.Quote(key)) {
				t.Errorf("nobody says %q any more", key)
			}
			for other := range sources {
				if !shop.Translated(other, key) {
					t.Errorf("%q is in %q only", key, tag)
				}
			}
		}
	}
}

// A French reader's line must not break before these.
func TestFrenchPunctuationIsHeld(t *testing.T) {
	t.Parallel()
	loose := regexp.MustCompile(`[^\x{a0}\x{202f}][:;!?»]|«[^\x{a0}\x{202f}]`)
	for _, text := range translations(t, language.French, sources[language.French]) {
		if loose.MatchString(text) {
			t.Errorf("%q", text)
		}
	}
}

// translations reads a file of the catalogue: the package shows only whether a
// text is in it. Two texts for one key would not compile.
func translations(t *testing.T, tag language.Tag, path string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			k, _ := strconv.Unquote(kv.Key.(*ast.BasicLit).Value)
			v, _ := strconv.Unquote(kv.Value.(*ast.BasicLit).Value)
			if !shop.Translated(tag, k) {
				t.Errorf("%q is not in the catalogue", k)
			}
			out[k] = v
		}
		return true
	})
	if len(out) < 15 {
		t.Fatalf("read only %d texts", len(out))
	}
	return out
}

func allSources(t *testing.T) string {
	t.Helper()
	files := slices.Collect(maps.Values(sources))
	var all strings.Builder
	for _, pattern := range []string{"*.go", "../*/*.go", "../../*.go", "../../graph/*.go", "../../storage/*.go"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") || slices.Contains(files, filepath.Base(path)) {
				continue
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
	}
	return all.String()
}

// Decision 9: clients compare these letter by letter.
func TestComparedTextsStayEnglish(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		shop.TextInvalidCredentials: "Invalid credentials",
		shop.TextResetPassword:      "Reset password",
		shop.TextNotLive:            "Operation cannot be performed as the storefront channel is not live",
		shop.TextNoToken:            "GraphQL credentials were missing. No token was sent.",
		shop.TextUnknownToken:       "Unknown JWT token",
		shop.TextNotJWT:             "GraphQL invalid credentials. String is not a JWT",
		shop.TextBadSignature:       "GraphQL invalid credentials. JWT signature is invalid",
		shop.TextTokenExpired:       "GraphQL invalid credentials. JWT is expired",
		shop.TextOtherChannel:       "GraphQL invalid credentials. JWT channel id doesn't match channel id of the URL",
		shop.TextNoJSON:             "GraphQL invalid credentials. JWT has no valid Json",
		shop.TextUnknownFormat:      "GraphQL invalid credentials. JWT has Json of an unknown format",
		shop.TextOtherStore:         "GraphQL invalid credentials. JWT store id doesn't match store id of the URL",
		shop.TextImpersonationInBrowser: "Request not allowed: Detected that request originated from a browser script and is using a customer impersonation jwt token. " +
			"Customer impersonation tokens are not allowed with frontend requests.",
	} {
		if text != want {
			t.Errorf("%q is changed", want)
		}
		for tag := range sources {
			if shop.Translated(tag, text) {
				t.Errorf("%q is translated into %q", want, tag)
			}
			if got := shop.Errorf(shop.Unauthenticated, text).Text(shop.Printer(tag.String(), "")); got != want {
				t.Errorf("in %q one reads %q", tag, got)
			}
		}
	}
}

func TestPrinter(t *testing.T) {
	t.Parallel()
	const english, german = "Please log in first.", "Bitte zuerst anmelden."
	const french, spanish = "Veuillez d'abord vous connecter.", "Inicie sesión primero."
	for _, c := range []struct{ accept, store, want string }{
		{"", "", english}, {"", "de", german}, {"", "de-AT", german}, {"de", "en", german}, {"de-CH,fr;q=0.9", "en", german}, {"en-GB", "de", english},
		{"fr", "de", french}, {"nl", "fr", french}, {"fr-CA", "", french}, {"es-419,pt;q=0.5", "de", spanish}, {"ja", "es-MX", spanish}, {"it", "nl", english},
		{"pl, fr;q=0.2, es;q=0.3", "de", spanish}, {"de;q=0, fr", "de", french}, {"en;q=0.1, de;q=0.9", "", german}, {"*", "", english}, {"nonsense;;;", "de", german},
		{strings.Repeat("a", 10000), "", english}, {"", "nonsense!", english},
	} {
		if got := shop.Errorf(shop.Unauthenticated, english).Text(shop.Printer(c.accept, c.store)); got != c.want {
			t.Errorf("%.20q in a store in %q: %q", c.accept, c.store, got)
		}
	}
}
