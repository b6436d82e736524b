package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/gorilla/securecookie"

	"regulars/internal/keys"
)

const cookieName = "__Host-SHOP_TOKEN"

const sessionOf = `
SELECT c.id, c.email, c.first_name, c.last_name, c.company, c.phone, COALESCE(g.id, 0), COALESCE(g.name, ''), COALESCE(g.is_default, false)
FROM   sessions s
JOIN   customers c ON c.store_id = s.store_id AND c.id = s.customer_id
LEFT   JOIN customer_groups g ON g.store_id = c.store_id AND g.id = c.group_id
WHERE  s.store_id = $1 AND s.token_hash = $2
AND    s.revoked_at IS NULL AND s.expires_at > now() AND s.last_seen_at > now() - interval '14 days'
AND    s.epoch = c.session_epoch AND c.disabled_at IS NULL`

const addressesOf = `
SELECT id, first_name, last_name, company, address1, address2, city, state_or_province, postal_code, country_code, phone, address_type
FROM   addresses
WHERE  store_id = $1 AND customer_id = $2
ORDER  BY id
LIMIT  10`

type customer struct {
	EntityID  int64     `json:"entityId"`
	Email     string    `json:"email"`
	FirstName string    `json:"firstName"`
	LastName  string    `json:"lastName"`
	Company   string    `json:"company"`
	Phone     string    `json:"phone"`
	Group     *group    `json:"group"`
	Addresses []address `json:"addresses"`
}

type group struct {
	EntityID  int64  `json:"entityId"`
	Name      string `json:"name"`
	IsDefault bool   `json:"isDefault"`
}

type address struct {
	EntityID        int64   `json:"entityId"`
	FirstName       string  `json:"firstName"`
	LastName        string  `json:"lastName"`
	Company         *string `json:"company"`
	Address1        string  `json:"address1"`
	Address2        *string `json:"address2"`
	City            string  `json:"city"`
	StateOrProvince *string `json:"stateOrProvince"`
	PostalCode      *string `json:"postalCode"`
	CountryCode     string  `json:"countryCode"`
	Phone           *string `json:"phone"`
	AddressType     *string `json:"addressType"`
}

// me answers with the customer of the cookie's session.
func (s *server) me(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		http.Error(w, "no cookie", http.StatusUnauthorized)
		return
	}
	var token []byte
	if err := securecookie.DecodeMulti(cookieName, cookie.Value, &token, s.codecs...); err != nil {
		http.Error(w, "not our cookie", http.StatusUnauthorized)
		return
	}
	c, err := s.customer(keys.Hash(string(token)))
	if errors.Is(err, sql.ErrNoRows) {
		http.Error(w, "no session", http.StatusUnauthorized)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply(w, c)
}

// customer asks without the request's context: lib/pq would start a goroutine
// for each query to watch it.
func (s *server) customer(token [32]byte) (*customer, error) {
	c, g := &customer{}, &group{}
	err := s.session.QueryRow(s.store, token[:]).Scan(&c.EntityID, &c.Email, &c.FirstName, &c.LastName, &c.Company, &c.Phone,
		&g.EntityID, &g.Name, &g.IsDefault)
	if err != nil {
		return nil, err
	}
	if g.EntityID != 0 {
		c.Group = g
	}
	rows, err := s.addresses.Query(s.store, c.EntityID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a address
		if err := rows.Scan(&a.EntityID, &a.FirstName, &a.LastName, &a.Company, &a.Address1, &a.Address2, &a.City,
			&a.StateOrProvince, &a.PostalCode, &a.CountryCode, &a.Phone, &a.AddressType); err != nil {
			return nil, err
		}
		c.Addresses = append(c.Addresses, a)
	}
	return c, rows.Err()
}

func reply(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}
