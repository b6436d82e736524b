package storage_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx/reflectx"

	"regulars/internal/shop"
)

// chains reads every consent row, by subscriber and in order.
func chains(t *testing.T, w *world) (rows []shop.Consent) {
	t.Helper()
	w.owner.Mapper = reflectx.NewMapperFunc("db", func(s string) string { return strings.ToLower(s) })
	must(t, w.owner.Select(&rows, `
		SELECT store_id AS storeid, subscriber_id AS subscriberid, seq, action, purpose, origin, form, locale, text_hash AS texthash,
		       channel_id AS channelid, COALESCE(customer_id, 0) AS customerid, COALESCE(order_id, 0) AS orderid,
		       order_claimed AS orderclaimed, actor, at, email_salt AS emailsalt, email_digest AS emaildigest, ip_salt AS ipsalt,
		       ip_digest AS ipdigest, COALESCE(ip_prefix, '') AS ipprefix, prev_hash AS prevhash, hash
		FROM   consents ORDER BY store_id, subscriber_id, seq`))
	return rows
}

// checkChains verifies every chain from its first row on.
func checkChains(t *testing.T, w *world) {
	t.Helper()
	var last *shop.Consent
	for _, c := range chains(t, w) {
		first := last == nil || last.StoreID != c.StoreID || last.SubscriberID != c.SubscriberID
		if first && (c.Seq != 1 || c.PrevHash != nil) || !first && (c.Seq != last.Seq+1 || !bytes.Equal(c.PrevHash, last.Hash)) {
			t.Errorf("row %d of %d does not follow the one before", c.Seq, c.SubscriberID)
		}
		if !bytes.Equal(c.Sum(), c.Hash) {
			t.Errorf("row %d of %d does not give its hash", c.Seq, c.SubscriberID)
		}
		if c.EmailSalt != nil && len(c.EmailSalt) < 16 || c.IPSalt != nil && !bytes.Equal(shop.DigestOf(c.IPSalt, c.IPPrefix), c.IPDigest) {
			t.Errorf("row %d of %d is badly salted", c.Seq, c.SubscriberID)
		}
		last = &c
	}
}

func TestChainOutlivesItsSalts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	for _, event := range []string{"sign-up", "unsubscribe, proved", "sign-up", "7 days", "sign-up, proved"} {
		must(t, befall(t, w, ada, event))
	}
	signUp(t, w, guest("bob@example.com"))
	w.wantCount(t, 6, `consents`)
	rows := chains(t, w)
	for _, c := range rows {
		if want := map[bool]string{true: "ada@example.com", false: "bob@example.com"}[c.SubscriberID == rows[0].SubscriberID]; !bytes.Equal(shop.DigestOf(c.EmailSalt, want), c.EmailDigest) {
			t.Errorf("row %d of %d is not about %s", c.Seq, c.SubscriberID, want)
		}
	}
	checkChains(t, w)
	w.owner.MustExec(`UPDATE consents SET email_salt = NULL, ip_salt = NULL, ip_prefix = NULL`)
	checkChains(t, w)
	signUp(t, w, guest("ada@example.com")) // and goes on
	checkChains(t, w)
	checkProjection(t, w)
}

func TestIdenticalRepeatSaysNothingNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	again := func(want int, change func(in *shop.SignUpInput)) {
		t.Helper()
		in := guest("ada@example.com")
		if change != nil {
			change(&in.Input)
		}
		in.IPPrefix = fmt.Sprintf("198.51.%d.0/24", want) // does not count
		signUp(t, w, in)
		w.wantCount(t, want, `consents`)
	}
	order := int64(7)
	again(1, nil)
	again(1, nil)
	again(2, func(in *shop.SignUpInput) { in.Form = "popup" })
	again(3, nil)
	again(4, func(in *shop.SignUpInput) { in.Text = "Other words." })
	again(5, func(in *shop.SignUpInput) { in.Origin, in.OrderID = shop.OriginCheckout, &order })
	again(5, func(in *shop.SignUpInput) { in.Origin, in.OrderID = shop.OriginCheckout, &order })
	w.owner.MustExec(`UPDATE consents SET at = at - interval '25 hours'`)
	again(6, func(in *shop.SignUpInput) { in.Origin, in.OrderID = shop.OriginCheckout, &order })
	w.wantCount(t, 6, `events`)
	w.wantCount(t, 2, `consents WHERE order_id = 7 AND order_claimed`)
	w.wantCount(t, 4, `consents WHERE order_id IS NULL AND NOT order_claimed`)
	// The first touch decides; a claimed order of a later one does not replace it.
	w.wantCount(t, 1, `subscribers WHERE origin = 'STOREFRONT' AND order_id IS NULL`)
}

func TestStrangersRepeatOverwritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := guest("Ada@example.com")
	in.Input.FirstName, in.Input.LastName = "Ada", "Lovelace"
	signUp(t, w, in)
	in = guest("ADA@EXAMPLE.com")
	in.Input.FirstName, in.Input.LastName, in.Input.Form = "Buy", "https://evil.example", "popup"
	signUp(t, w, in)
	w.wantCount(t, 1, `subscribers WHERE first_name = 'Ada' AND last_name = 'Lovelace' AND email = 'Ada@example.com'`)
}

func TestConsentTextsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`INSERT INTO consent_texts (store_id, hash, channel_id, text)
		SELECT $1, n::text::bytea, 1, n FROM generate_series(1, 499) n`, w.store)
	for i := range 3 {
		in := guest(mail(i))
		in.Input.Text = "Wording " + mail(i)
		signUp(t, w, in)
	}
	w.wantCount(t, 500, `consent_texts`)
	w.wantCount(t, 3, `consents WHERE octet_length(text_hash) = 32`)
	in := guest("other@example.com")
	in.ChannelID, in.Input.Text = 2, "Elsewhere."
	signUp(t, w, in)
	w.wantCount(t, 501, `consent_texts`) // counted per channel
	in = guest("silent@example.com")
	in.Input.Text = ""
	signUp(t, w, in)
	w.wantCount(t, 1, `consents WHERE text_hash IS NULL`)
}

func TestImportKeepsItsDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := guest("ada@example.com")
	in.Actor, in.Source, in.IPPrefix = shop.ActorImport, "mailchimp", ""
	in.Input.Origin, in.At = shop.OriginImport, time.Date(2019, 5, 1, 8, 0, 0, 999, time.FixedZone("", 7200))
	signUp(t, w, in)
	signUp(t, w, in)
	w.wantCount(t, 1, `consents WHERE at = '2019-05-01 06:00:00Z' AND actor = 'import' AND ip_digest IS NULL`)
	w.wantCount(t, 1, `subscribers WHERE date_created = '2019-05-01 06:00:00Z' AND source = 'mailchimp' AND state_since = date_created`)
	checkChains(t, w)
}

func TestActors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	signUp(t, w, guest("a@example.com"))
	signUp(t, w, by(ada, "account"))
	gift := guest("mother@example.com")
	gift.Customer = ada
	signUp(t, w, gift)
	w.wantCount(t, 1, `consents WHERE actor = 'shopper' AND customer_id IS NULL`)
	w.wantCount(t, 1, `consents WHERE actor = 'customer' AND customer_id = $1`, ada.ID)
	w.wantCount(t, 1, `consents WHERE actor = 'shopper' AND customer_id = $1`, ada.ID)
	w.wantCount(t, 0, `events WHERE data::text LIKE '%@%'`)
}
