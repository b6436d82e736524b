package page

import (
	"net/http"
	"strconv"

	"regulars/internal/account"
	"regulars/internal/shop"
)

const resetPath = "/account/reset"

// showReset asks for a new password, or for an address where the visitor came
// without a link.
func (v *visit) showReset() {
	query := v.r.URL.Query()
	if query.Get("t") == "" {
		v.show(http.StatusOK, v.askReset())
		return
	}
	works, err := v.accounts.ResetWorks(v.r.Context(), v.a.Store, number(query.Get("c")), query.Get("t"))
	switch {
	case err != nil:
		v.refuse(err, view{Title: v.say("Choose a new password")})
	case !works:
		v.dead(resetPath)
	default:
		v.show(http.StatusOK, v.resetView(query.Get("c"), query.Get("t")))
	}
}

// reset sets the password, or mails a link.
func (v *visit) reset() {
	in := v.r.PostForm
	if in.Get("t") == "" {
		v.sent(v.accounts.RequestReset(v.r.Context(), v.asked()), v.askReset())
		return
	}
	err := v.accounts.ResetPassword(v.r.Context(), v.a.Store, account.NewPassword{
		CustomerID: number(in.Get("c")), Token: in.Get("t"), Password: in.Get("password"), From: v.a.Source(),
	})
	switch {
	case err == nil:
		v.show(http.StatusOK, view{Title: v.say("Your new password is set"), Next: v.home(),
			Text: []string{v.say("Log in with it from now on. All sessions are ended.")}})
	case shop.CodeOf(err) == shop.Forbidden:
		v.dead(resetPath)
	default:
		v.refuse(err, v.resetView(in.Get("c"), in.Get("t")))
	}
}

func (v *visit) resetView(customer, token string) view {
	password := &field{Name: "password", Type: "password", Complete: "new-password", Label: v.say("New password")}
	if least := v.a.Store.Settings.Passwords.MinimumPasswordLength; least > 0 {
		password.Hint = v.say("The password needs at least %d characters.", least)
	}
	return view{Title: v.say("Choose a new password"), Form: &form{
		Action: resetPath, Button: v.say("Set the password"), Hidden: []hidden{{"c", customer}, {"t", token}}, Field: password,
	}}
}

func (v *visit) askReset() view {
	return v.askAddress(resetPath, v.say("Choose a new password"), v.say("We send you a link with which you can do that."))
}

// number is 0 for what is none, and no customer has that.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
