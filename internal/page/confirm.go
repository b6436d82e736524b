package page

import (
	"net/http"

	"regulars/internal/account"
	"regulars/internal/shop"
)

const confirmPath = "/account/confirm"

// showConfirm asks to press the button of a link, or for an address where the
// visitor came without one.
func (v *visit) showConfirm() {
	token := v.r.URL.Query().Get("t")
	if token == "" {
		v.show(http.StatusOK, v.askConfirm())
		return
	}
	purpose, works, err := v.accounts.ProofWorks(v.r.Context(), v.a.Store, token)
	switch {
	case err != nil:
		v.refuse(err, view{Title: v.say("Confirm your address")})
	case !works:
		v.dead(confirmPath)
	default:
		v.show(http.StatusOK, v.confirmView(purpose, token))
	}
}

func (v *visit) confirmView(purpose shop.TokenPurpose, token string) view {
	text := v.say("Press the button, and your account is ready.")
	switch purpose {
	case shop.TokenEmail:
		text = v.say("Press the button, and your account moves to this address.")
	case shop.TokenMailbox:
		text = v.say("Press the button if it was you who made the account. Nobody else's account should have your address.")
	}
	return view{Title: v.say("Confirm your address"), Text: []string{text},
		Form: &form{Action: confirmPath, Button: v.say("Confirm"), Hidden: []hidden{{"t", token}}}}
}

// confirm does what the link stands for, or mails another link.
func (v *visit) confirm() {
	token := v.r.PostForm.Get("t")
	if token == "" {
		v.sent(v.accounts.ResendConfirmation(v.r.Context(), v.asked()), v.askConfirm())
		return
	}
	purpose, err := v.accounts.ConfirmEmail(v.r.Context(), v.a.Store, account.Link{Token: token, From: v.a.Source(), Session: v.a.TokenHash()})
	switch {
	case err == nil:
		v.show(http.StatusOK, v.confirmed(purpose))
	case shop.CodeOf(err) == shop.NotFound:
		v.dead(confirmPath)
	case shop.CodeOf(err) == shop.Conflict:
		v.refuse(err, view{Title: v.say("Confirm your address"), Next: v.home()})
	default:
		v.refuse(err, view{Title: v.say("Confirm your address"),
			Form: &form{Action: confirmPath, Button: v.say("Confirm"), Hidden: []hidden{{"t", token}}}})
	}
}

func (v *visit) confirmed(purpose shop.TokenPurpose) view {
	out := view{Title: v.say("Your address is confirmed"), Next: v.home()}
	switch purpose {
	case shop.TokenRegistration:
		out.Title = v.say("Your account is ready")
		out.Text = []string{v.say("You can log in now.")}
	case shop.TokenEmail:
		out.Title = v.say("Your account has a new address")
		out.Text = []string{v.say("Log in with it from now on. All other sessions are ended.")}
	}
	return out
}

func (v *visit) askConfirm() view {
	return v.askAddress(confirmPath, v.say("Confirm your address"), v.say("We can send you the link again."))
}

// askAddress asks whom to send a link to. Where the store has a captcha it takes
// script, which is the storefront's.
func (v *visit) askAddress(path, title, text string) view {
	if v.a.Store.Settings.Captcha.OnStorefront {
		return view{Title: title, Text: []string{v.say("The store's own site can send you the link.")}, Next: v.home()}
	}
	email := &field{Name: "email", Type: "email", Complete: "email", Label: v.say("Email address")}
	return view{Title: title, Text: []string{text}, Form: &form{Action: path, Button: v.say("Send the link"), Field: email}}
}

// asked is the request of such a form.
func (v *visit) asked() account.LinkRequest {
	return account.LinkRequest{Store: v.a.Store, Channel: v.a.Channel, Email: v.r.PostForm.Get("email"), From: v.a.Source(),
		Proof: account.Proof{Addr: v.a.Addr}}
}

// sent tells that a mail is on its way if there is anybody for it; form is shown
// again where the input was wrong.
func (v *visit) sent(err error, form view) {
	if err != nil {
		v.refuse(err, form)
		return
	}
	v.show(http.StatusOK, view{Title: v.say("Look into your mailbox"), Next: v.home(),
		Text: []string{v.say("If the store has something to send to this address, it is on its way. It can take a few minutes.")}})
}

// dead says that a link is of no use; where to get another one.
func (v *visit) dead(path string) {
	v.show(http.StatusGone, view{Title: v.say("This link does not work any more."),
		Text: []string{v.say("A link works for a while, and once. Only the newest one does.")},
		Next: &link{path, v.say("Send another link")}})
}
