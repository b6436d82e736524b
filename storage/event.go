package storage

import (
	"encoding/json"

	"github.com/lib/pq"
)

// event is one thing that happened, written in the transaction that made it
// happen. Data holds ids and field names: no address, no token.
type event struct {
	scope   string // as webhooks name it: store/customer/created
	entity  string
	id      int64
	version int64
	changed []string
}

const insertEvent = `
INSERT INTO events (store_id, scope, entity, entity_id, entity_version, changed, data)
VALUES ($1, $2, $3, $4, $5, $6, $7)`

func (t tx) addEvent(storeID int64, e event) error {
	return t.addEventWith(storeID, e, map[string]any{"type": e.entity, "id": e.id})
}

// addEventWith is addEvent with data of its own.
func (t tx) addEventWith(storeID int64, e event, fields map[string]any) error {
	data, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	_, err = t.exec(insertEvent, storeID, e.scope, e.entity, e.id, e.version, pq.StringArray(nonNil(e.changed)), string(data))
	return err
}

// nonNil keeps a nil slice from becoming NULL.
func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
