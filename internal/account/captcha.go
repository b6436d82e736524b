package account

import (
	"context"
	"errors"
	"net/netip"

	"regulars/internal/captcha"
	"regulars/internal/keys"
	"regulars/internal/shop"
)

// Proof is what a request offers to show that a person sent it.
type Proof struct {
	Token string     // of the store's captcha; "" for none
	Addr  netip.Addr // the browser's; not valid when unknown
	// Exempt needs no token: a server with an impersonation token vouches for the
	// person. One that it sends has to be good all the same.
	Exempt bool
}

// captchaSecret is the purpose that the service's secrets are sealed for.
const captchaSecret = "captcha"

// SealCaptchaSecret is how a store's settings keep the secret of its service.
func SealCaptchaSecret(ring *keys.Ring, storeHash, secret string) string {
	return ring.Seal(captchaSecret, secret, storeHash)
}

// CheckCaptcha refuses a request without a good token where the store asks for
// one. A token that is offered has to be good wherever it is. Refusals name
// shop.CaptchaField: BadUserInput, or Unavailable where nobody could tell.
func (a *Accounts) CheckCaptcha(ctx context.Context, store *shop.Store, p Proof) error {
	set := store.Settings.Captcha
	switch {
	case p.Token == "" && (p.Exempt || !set.OnStorefront):
		return nil
	case p.Token == "":
		return shop.Invalid(shop.CaptchaField, "Please solve the captcha.")
	case !set.Complete() && !set.OnStorefront:
		return shop.Invalid(shop.CaptchaField, "This store has no captcha that could be checked.")
	}
	solved, err := a.askCaptcha(ctx, store, p)
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // nobody listens any more
	}
	if err != nil {
		a.set.Log.ErrorContext(ctx, "captcha not verified", "request_id", shop.RequestFrom(ctx).ID, "store", store.Hash, "error", err)
		e := shop.Errorf(shop.Unavailable, "The captcha could not be checked. Please try again in a moment.").Because(err)
		e.Field = shop.CaptchaField
		return e
	}
	if !solved {
		return shop.Invalid(shop.CaptchaField, "The captcha was not solved. Please try again.")
	}
	return nil
}

func (a *Accounts) askCaptcha(ctx context.Context, store *shop.Store, p Proof) (bool, error) {
	set := store.Settings.Captcha
	if !set.Complete() {
		return false, errors.New("captcha: site key, URL or secret is missing")
	}
	secret, err := a.ring.Open(captchaSecret, set.Secret, store.Hash)
	if err != nil {
		return false, err
	}
	addr := ""
	if p.Addr.IsValid() {
		addr = p.Addr.Unmap().WithZone("").String()
	}
	return a.set.Captcha.Solved(ctx, captcha.Question{URL: set.URL, Secret: secret, Token: p.Token, Addr: addr})
}
