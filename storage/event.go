package storage

import (
	"encoding/json"

	"github.com/lib/pq"

	"regulars/internal/shop"
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

// addEvent writes an event of this transaction. data is what it says beyond its
// entity; one value at most.
func (t tx) addEvent(storeID int64, e event, data ...shop.EventData) error {
	var about shop.EventData
	if len(data) > 0 {
		about = data[0]
	}
	about.Type, about.ID = e.entity, e.id
	return t.addEventWith(storeID, e, about)
}

// addEventWith is addEvent with data of its own.
func (t tx) addEventWith(storeID int64, e event, fields any) error {
	data, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	*t.tells = storeID
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
