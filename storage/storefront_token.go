package storage

import (
	"context"
	"slices"
	"time"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

const bumpConfigNow = `
UPDATE stores SET config_version = config_version + 1
WHERE  id = $1
RETURNING date_trunc('second', now())`

const presentSigningKey = `
SELECT id, public, private_sealed
FROM   signing_keys
WHERE  store_id = $1 AND purpose = 'storefront token' AND retired_at IS NULL`

const insertSigningKey = `
INSERT INTO signing_keys (store_id, purpose, alg, public, private_sealed)
VALUES ($1, 'storefront token', 'ES256', $2, $3)
RETURNING id`

const insertStorefrontToken = `
INSERT INTO storefront_tokens (store_id, token_hash, kind, name, channels, scopes, origins, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING id`

// NewStorefrontToken is a token that is about to be made.
type NewStorefrontToken struct {
	shop.StorefrontToken
	// Lifetime counts from the database's now, where no ExpiresAt is given.
	Lifetime time.Duration
	// Opens tells whether a key can sign: its secret may be gone from the server's.
	// Pair makes another then, and at the first use; Sign gives the SHA-256 of the
	// token that it signed. All may be called more than once.
	Opens func(shop.SigningKey) bool
	Pair  func() (shop.SigningKey, error)
	Sign  func(shop.SigningKey, shop.StorefrontToken) ([32]byte, error)
}

// CreateStorefrontToken keeps a token's SHA-256 and what it is good for.
// BadUserInput: it would be over by now.
func (s *Store) CreateStorefrontToken(ctx context.Context, storeID int64, in NewStorefrontToken) (out shop.StorefrontToken, err error) {
	defer explain(&err, "making a token for store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		out = in.StorefrontToken
		// The store's row is the lock: there is one key to sign with.
		if ok, err := found(t.get(&out.CreatedAt, bumpConfigNow, storeID)); err != nil || !ok {
			return orMissing(err, "There is no such store.")
		}
		if out.ExpiresAt.IsZero() {
			out.ExpiresAt = out.CreatedAt.Add(in.Lifetime)
		}
		out.ExpiresAt = out.ExpiresAt.Truncate(time.Second)
		if !out.ExpiresAt.After(out.CreatedAt) {
			return shop.Invalid("expires", "The token would be over before it is made.")
		}
		key, err := t.signingKey(storeID, in)
		if err != nil {
			return err
		}
		hash, err := in.Sign(key, out)
		if err != nil {
			return err
		}
		scopes := pq.StringArray{}
		for _, s := range out.Scopes {
			scopes = append(scopes, string(s))
		}
		return t.get(&out.ID, insertStorefrontToken, storeID, hash[:], out.Kind, out.Name, pq.Int64Array(out.ChannelIDs),
			scopes, pq.StringArray(nonNil(out.Origins)), out.CreatedAt, out.ExpiresAt)
	})
	return out, err
}

const retireSigningKey = `
UPDATE signing_keys SET retired_at = now() WHERE store_id = $1 AND id = $2`

// signingKey needs the store's row to be held by this transaction. What a key has
// signed that does not open any more goes on counting.
func (t tx) signingKey(storeID int64, in NewStorefrontToken) (key shop.SigningKey, err error) {
	there, err := found(t.get(&key, presentSigningKey, storeID))
	if err != nil || there && in.Opens(key) {
		return key, err
	}
	if there {
		if _, err := t.exec(retireSigningKey, storeID, key.ID); err != nil {
			return key, err
		}
	}
	if key, err = in.Pair(); err != nil {
		return key, err
	}
	return key, t.get(&key.ID, insertSigningKey, storeID, key.Public, key.PrivateSealed)
}

const signingKeys = `
SELECT id, public
FROM   signing_keys
WHERE  store_id = $1 AND purpose = 'storefront token'
ORDER  BY id`

const tokenColumns = `
t.id, t.kind, t.name, t.channels AS channel_ids, t.scopes, t.origins, t.created_at, t.expires_at, t.revoked_at`

const storefrontTokens = `
SELECT ` + tokenColumns + `
FROM   storefront_tokens t
WHERE  t.store_id = $1
ORDER  BY t.id`

type storefrontTokenRow struct {
	shop.StorefrontToken
	ChannelIDs pq.Int64Array
	Scopes     pq.StringArray
	Origins    pq.StringArray
}

func (r *storefrontTokenRow) token() shop.StorefrontToken {
	t := r.StorefrontToken
	t.ChannelIDs, t.Origins = r.ChannelIDs, r.Origins
	for _, s := range r.Scopes {
		t.Scopes = append(t.Scopes, shop.TokenScope(s))
	}
	return t
}

// StorefrontTokens lists the tokens of a store, those that are over too.
func (s *Store) StorefrontTokens(ctx context.Context, storeID int64) (out []shop.StorefrontToken, err error) {
	defer explain(&err, "listing the tokens of store %d", storeID)
	var rows []storefrontTokenRow
	err = s.list(ctx, &rows, storefrontTokens, storeID)
	for i := range rows {
		out = append(out, rows[i].token())
	}
	return out, err
}

type tokenKey struct {
	store int64
	hash  [32]byte
}

// foundToken is a token, how much of its time is left, and the version of the
// store's configuration, all of one moment.
type foundToken struct {
	StoreID       int64
	TokenHash     []byte
	ConfigVersion int64
	LeftMicros    int64
	storefrontTokenRow
}

func (r *foundToken) clone() *foundToken {
	c := *r
	c.ChannelIDs, c.Scopes, c.Origins = slices.Clone(c.ChannelIDs), slices.Clone(c.Scopes), slices.Clone(c.Origins)
	return &c
}

const foundTokenColumns = `
t.store_id, t.token_hash, st.config_version, (EXTRACT(epoch FROM t.expires_at - now()) * 1000000)::bigint AS left_micros, ` + tokenColumns

const oneStorefrontToken = `
SELECT ` + foundTokenColumns + `
FROM   storefront_tokens t
JOIN   stores st ON st.id = t.store_id
WHERE  t.store_id = $1 AND t.token_hash = $2`

const manyStorefrontTokens = `
SELECT ` + foundTokenColumns + `
FROM   unnest($1::bigint[], $2::bytea[]) AS k (store_id, token_hash)
JOIN   storefront_tokens t ON t.store_id = k.store_id AND t.token_hash = k.token_hash
JOIN   stores st ON st.id = t.store_id`

// StorefrontToken finds a token by its SHA-256, revoked and expired ones too, and
// the version of the store's configuration of the same moment.
func (s *Store) StorefrontToken(ctx context.Context, storeID int64, hash [32]byte) (_ shop.KnownToken, configVersion int64, ok bool, err error) {
	defer explain(&err, "looking up a token of store %d", storeID)
	asked := time.Now()
	row, ok, err := s.tokens.Load(ctx, tokenKey{storeID, hash})
	if err != nil || !ok {
		return shop.KnownToken{}, 0, false, err
	}
	known := shop.KnownToken{StorefrontToken: row.token(), Asked: asked, Left: time.Duration(row.LeftMicros) * time.Microsecond}
	return known, row.ConfigVersion, true, nil
}

func (s *Store) fetchTokens(ctx context.Context, keys []tokenKey) (map[tokenKey]*foundToken, error) {
	rows := make([]foundToken, 0, len(keys))
	var err error
	if len(keys) == 1 {
		err = s.list(ctx, &rows, oneStorefrontToken, keys[0].store, keys[0].hash[:])
	} else {
		stores, hashes := make(pq.Int64Array, len(keys)), make(pq.ByteaArray, len(keys))
		for i := range keys {
			stores[i], hashes[i] = keys[i].store, keys[i].hash[:]
		}
		err = s.list(ctx, &rows, manyStorefrontTokens, stores, hashes)
	}
	if err != nil {
		return nil, err
	}
	out := make(map[tokenKey]*foundToken, len(rows))
	for i := range rows {
		out[tokenKey{rows[i].StoreID, [32]byte(rows[i].TokenHash)}] = &rows[i]
	}
	return out, nil
}

const revokeTokenByID = `
UPDATE storefront_tokens SET revoked_at = COALESCE(revoked_at, now())
WHERE  store_id = $1 AND id = $2
RETURNING id`

const revokeTokenByHash = `
UPDATE storefront_tokens SET revoked_at = COALESCE(revoked_at, now())
WHERE  store_id = $1 AND token_hash = $2
RETURNING id`

// RevokeStorefrontToken ends a token for good: the next request that brings it is
// refused. NotFound: the store has no such token.
func (s *Store) RevokeStorefrontToken(ctx context.Context, storeID, id int64) error {
	_, err := s.revokeToken(ctx, storeID, revokeTokenByID, id)
	return err
}

// RevokeStorefrontTokenText is RevokeStorefrontToken for somebody who has the
// token's SHA-256; it gives the id.
func (s *Store) RevokeStorefrontTokenText(ctx context.Context, storeID int64, hash [32]byte) (id int64, err error) {
	return s.revokeToken(ctx, storeID, revokeTokenByHash, hash[:])
}

func (s *Store) revokeToken(ctx context.Context, storeID int64, query string, name any) (id int64, err error) {
	defer explain(&err, "revoking a token of store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		if _, err := t.exec(bumpConfig, storeID); err != nil {
			return err
		}
		if ok, err := found(t.get(&id, query, storeID, name)); err != nil || !ok {
			return orMissing(err, "The store has no such token.")
		}
		return nil
	})
	return id, err
}
