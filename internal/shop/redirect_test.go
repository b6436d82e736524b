package shop_test

import (
	"strings"
	"testing"

	"regulars/internal/shop"
)

// F5: whatever an app asks for, a browser stays on the storefront.
func TestLocalPath(t *testing.T) {
	t.Parallel()
	own := func(host string) bool { return host == "shop.example.com" }
	for to, want := range map[string]string{
		"/account.php":                           "/account.php",
		"/":                                      "/",
		"/login.php?action=logout":               "/login.php?action=logout",
		"/a/b/?x=1&y=//evil#top":                 "/a/b/?x=1&y=//evil#top",
		"/gr%C3%BC%C3%9Fe":                       "/gr%C3%BC%C3%9Fe",
		"/grüße":                                 "/gr%C3%BC%C3%9Fe",
		"/a%20b":                                 "/a%20b",
		"/100%25":                                "/100%25",
		"https://shop.example.com/cart.php?id=1": "/cart.php?id=1",
		"HTTPS://SHOP.example.com":               "/",
		"http://shop.example.com:8080/x":         "/x",
		"//shop.example.com/x":                   "",
		"https://shop.example.com//evil.com":     "",
		"":                                       "",
		"account.php":                            "",
		"//evil.com":                             "",
		"///evil.com":                            "",
		`/\evil.com`:                             "",
		`\\evil.com`:                             "",
		"/%5cevil.com":                           "",
		"/%5Cevil.com":                           "",
		"/%255cevil.com":                         "",
		"/%2f%2fevil.com":                        "",
		"/%2fevil.com":                           "",
		"/%252fevil.com":                         "",
		"https:evil.com":                         "",
		"https:/evil.com":                        "",
		"https:///evil.com":                      "",
		"http:evil.com":                          "",
		"\t//evil.com":                           "",
		"/\t/evil.com":                           "",
		" //evil.com":                            "",
		"/x ":                                    "",
		"/x\r\nSet-Cookie: a=b":                  "",
		"/x%0d%0aSet-Cookie:%20a=b":              "",
		"/x%0a":                                  "",
		"/x%250d%250a":                           "",
		"/x\u2028y":                              "/x%E2%80%A8y",
		"/..//evil.com":                          "",
		"/./x":                                   "",
		"/a/../b":                                "",
		"/%2e%2e/x":                              "",
		"javascript:alert(1)":                    "",
		"JaVaScRiPt:alert(1)":                    "",
		"data:text/html,x":                       "",
		"https://evil.com/":                      "",
		"https://evil.com/shop.example.com":      "",
		"https://shop.example.com.evil.com/":     "",
		"https://shop.example.com@evil.com/":     "",
		"https://user@shop.example.com/":         "",
		"https://user:pass@shop.example.com/x":   "",
		`https://shop.example.com\.evil.com/`:    "",
		`https://evil.com\@shop.example.com/`:    "",
		"ftp://shop.example.com/":                "",
		"/" + strings.Repeat("a", 2000):          "",
		"/\xff":                                  "",
		"/%zz":                                   "",
		"https://evil.com/?https://shop.example.com/x":     "",
		"https://evil.com#@shop.example.com/":              "",
		"https://shop.example.com:443@evil.com/x":          "",
		"https://[::1]/x":                                  "",
		"/x?next=https://evil.com":                         "/x?next=https://evil.com",
		"/account.php?tab=orders%20open&q=%0d%0a":          "/account.php?tab=orders%20open&q=%0d%0a",
		"https://shop.example.com?x=1":                     "/?x=1",
		"https://shop.example.com/%5cevil":                 "",
		"/;@evil.com":                                      "/;@evil.com",
		"/@evil.com":                                       "/@evil.com",
		"/x#%0d%0a":                                        "/x#%0d%0a",
		"https://evil.com\u3002com/":                       "",
		"https://shop\u3002example.com/":                   "",
		"/\u00a0/evil.com":                                 "/%C2%A0/evil.com",
		"\u00a0//evil.com":                                 "",
		"/.evil.com":                                       "/.evil.com",
		"/...":                                             "/...",
		"https://shop.example.com/login.php?action=logout": "/login.php?action=logout",
	} {
		got, ok := shop.LocalPath(to, own)
		if got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", to, got, ok, want)
		}
		if strings.ContainsAny(got, "\r\n\t\\ ") || strings.HasPrefix(got, "//") {
			t.Errorf("%q: %q leads elsewhere", to, got)
		}
	}
}
