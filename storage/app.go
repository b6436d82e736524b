package storage

import (
	"context"
	"time"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

// appRow scans what shop.App has as slices, and one secret of it.
type appRow struct {
	shop.App
	Scopes     pq.StringArray
	ChannelIDs pq.Int64Array
}

func (r appRow) app() shop.App {
	a := r.App
	a.ChannelIDs = r.ChannelIDs
	for _, s := range r.Scopes {
		a.Scopes = append(a.Scopes, shop.AppScope(s))
	}
	return a
}

const insertApp = `
INSERT INTO apps (store_id, client_id, name, scopes, channels)
VALUES ($1, $2, $3, $4, $5)
RETURNING id`

const insertAppSecret = `
INSERT INTO app_secrets (store_id, app_id, sealed)
VALUES ($1, $2, $3)
RETURNING id`

// CreateApp makes an app with its first secret, sealed. Conflict: the client id
// is taken.
func (s *Store) CreateApp(ctx context.Context, storeID int64, in shop.App, sealed string) (err error) {
	defer explain(&err, "creating an app in store %d", storeID)
	scopes := make(pq.StringArray, len(in.Scopes))
	for i, scope := range in.Scopes {
		scopes[i] = string(scope)
	}
	var channels any
	if in.ChannelIDs != nil {
		channels = pq.Int64Array(in.ChannelIDs)
	}
	return s.tx(ctx, func(t tx) error {
		var id int64
		err := t.get(&id, insertApp, storeID, in.ClientID, in.Name, scopes, channels)
		if violates(err, "apps_client") {
			return shop.Errorf(shop.Conflict, "There is an app %s already.", in.ClientID)
		}
		if err != nil {
			return err
		}
		return t.addAppSecret(storeID, id, sealed)
	})
}

func (t tx) addAppSecret(storeID, appID int64, sealed string) error {
	var id int64
	if err := t.get(&id, insertAppSecret, storeID, appID, sealed); err != nil {
		return err
	}
	return guardID(id)
}

const appsOfStore = `
SELECT id, client_id, name, scopes, channels AS channel_ids, created_at, revoked_at
FROM   apps
WHERE  store_id = $1
ORDER  BY id`

const secretsOfStore = `
SELECT app_id, id, created_at, expires_at
FROM   app_secrets
WHERE  store_id = $1 AND (expires_at IS NULL OR expires_at > now())
ORDER  BY app_id, expires_at DESC NULLS FIRST, id DESC`

// Apps lists the apps of a store with what is known of their secrets, but not
// these.
func (s *Store) Apps(ctx context.Context, storeID int64) (out []shop.App, err error) {
	defer explain(&err, "listing the apps of store %d", storeID)
	var rows []appRow
	if err := s.list(ctx, &rows, appsOfStore, storeID); err != nil {
		return nil, err
	}
	var secrets []struct {
		shop.AppSecret
		AppID int64
	}
	if err := s.list(ctx, &secrets, secretsOfStore, storeID); err != nil {
		return nil, err
	}
	for _, r := range rows {
		a := r.app()
		for _, secret := range secrets {
			if secret.AppID == a.ID {
				a.Secrets = append(a.Secrets, secret.AppSecret)
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// Of two secrets the newest has no end, or the later one.
const liveApp = `
SELECT a.id, a.client_id, a.name, a.scopes, a.channels AS channel_ids, a.created_at,
       s.id AS "secret.id", s.sealed AS "secret.sealed", s.created_at AS "secret.created_at", s.expires_at AS "secret.expires_at", now() AS now
FROM   apps a
JOIN   app_secrets s ON s.store_id = a.store_id AND s.app_id = a.id
WHERE  a.store_id = $1 AND a.client_id = $2 AND a.revoked_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > now())
ORDER  BY s.expires_at DESC NULLS FIRST, s.id DESC`

// App finds an app that is not revoked and has a secret, with its secrets and the
// database's time. ok is false when there is none.
func (s *Store) App(ctx context.Context, storeID int64, clientID string) (app shop.App, now time.Time, ok bool, err error) {
	defer explain(&err, "reading an app of store %d", storeID)
	var rows []struct {
		appRow
		Secret shop.AppSecret
		Now    time.Time
	}
	if err := s.list(ctx, &rows, liveApp, storeID, clientID); err != nil || len(rows) == 0 {
		return app, now, false, err
	}
	app, now = rows[0].app(), rows[0].Now
	for _, r := range rows {
		app.Secrets = append(app.Secrets, r.Secret)
	}
	return app, now, true, nil
}

const lockApp = `
SELECT id FROM apps WHERE store_id = $1 AND client_id = $2 AND revoked_at IS NULL
FOR    UPDATE`

func (t tx) lockApp(storeID int64, clientID string) (id int64, err error) {
	ok, err := found(t.get(&id, lockApp, storeID, clientID))
	if err == nil && !ok {
		err = noApp()
	}
	return id, err
}

func noApp() error { return shop.Errorf(shop.NotFound, "There is no such app.") }

const newestSecret = `
SELECT id FROM app_secrets
WHERE  store_id = $1 AND app_id = $2 AND (expires_at IS NULL OR expires_at > now())
ORDER  BY expires_at DESC NULLS FIRST, id DESC
LIMIT  1`

const dropOtherSecrets = `
DELETE FROM app_secrets WHERE store_id = $1 AND app_id = $2 AND id <> $3`

const endSecretLater = `
UPDATE app_secrets SET expires_at = LEAST(expires_at, now() + make_interval(secs => $4))
WHERE  store_id = $1 AND app_id = $2 AND id = $3
RETURNING expires_at`

// RotateAppSecret gives the app another secret. The newest before it counts for
// overlap longer, until ends; every older one is gone at once, so that never more
// than two count. ends is zero where none was left. NotFound: there is no such
// app, or it is revoked.
func (s *Store) RotateAppSecret(ctx context.Context, storeID int64, clientID, sealed string, overlap time.Duration) (ends time.Time, err error) {
	defer explain(&err, "rotating the secret of an app of store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		ends = time.Time{}
		app, err := t.lockApp(storeID, clientID)
		if err != nil {
			return err
		}
		var newest int64 // 0 is no secret's
		if _, err := found(t.get(&newest, newestSecret, storeID, app)); err != nil {
			return err
		}
		if overlap <= 0 {
			newest = 0
		}
		if _, err := t.exec(dropOtherSecrets, storeID, app, newest); err != nil {
			return err
		}
		if newest != 0 {
			if err := t.get(&ends, endSecretLater, storeID, app, newest, overlap.Seconds()); err != nil {
				return err
			}
		}
		return t.addAppSecret(storeID, app, sealed)
	})
	return ends, err
}

const dropSecret = `
DELETE FROM app_secrets
WHERE  store_id = $1 AND app_id = $2 AND id = $3 AND (expires_at IS NULL OR expires_at > now())`

const liveSecrets = `
SELECT count(*) FROM app_secrets WHERE store_id = $1 AND app_id = $2 AND (expires_at IS NULL OR expires_at > now())`

// RevokeAppSecret ends one secret, and tells how many are left. NotFound: there
// is no such app or secret.
func (s *Store) RevokeAppSecret(ctx context.Context, storeID int64, clientID string, secretID int64) (left int, err error) {
	defer explain(&err, "revoking a secret of an app of store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		app, err := t.lockApp(storeID, clientID)
		if err != nil {
			return err
		}
		if n, err := t.exec(dropSecret, storeID, app, secretID); err != nil || n == 0 {
			return orMissing(err, "This app has no such secret.")
		}
		return t.get(&left, liveSecrets, storeID, app)
	})
	return left, err
}

const revokeApp = `
UPDATE apps SET revoked_at = now() WHERE store_id = $1 AND id = $2`

// RevokeApp ends an app and forgets its secrets. What shoppers began through it
// stays. NotFound: there is no such app, or it is revoked already.
func (s *Store) RevokeApp(ctx context.Context, storeID int64, clientID string) (err error) {
	defer explain(&err, "revoking an app of store %d", storeID)
	return s.tx(ctx, func(t tx) error {
		app, err := t.lockApp(storeID, clientID)
		if err != nil {
			return err
		}
		if _, err := t.exec(revokeApp, storeID, app); err != nil {
			return err
		}
		_, err = t.exec(dropOtherSecrets, storeID, app, 0)
		return err
	})
}
