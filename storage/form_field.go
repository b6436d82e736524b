package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"regulars/internal/shop"
)

const formFields = `
SELECT f.id, f.form, f.kind, f.label, f.required, f.sort_order, f.settings,
       (SELECT COALESCE(json_agg(json_build_object('ID', o.id, 'Label', o.label) ORDER BY o.id), '[]')
        FROM   form_field_options o WHERE o.store_id = f.store_id AND o.field_id = f.id) AS options
FROM   form_fields f
WHERE  f.store_id = $1
ORDER  BY f.id`

const formFieldOverrides = `
SELECT form, field_id, label, required, sort_order
FROM   form_field_overrides
WHERE  store_id = $1
ORDER  BY form, field_id`

type fieldRow struct {
	ID        int64
	Form      shop.Form
	Kind      shop.FieldKind
	Label     string
	Required  bool
	SortOrder int64
	Settings  []byte
	Options   []byte
}

// readForms reads a store's form fields by the list of a transaction, or of none.
func readForms(list func(dest any, query string, args ...any) error, storeID int64) (out shop.Forms, err error) {
	var rows []fieldRow
	if err := list(&rows, formFields, storeID); err != nil {
		return out, err
	}
	for _, r := range rows {
		f := shop.FormField{ID: r.ID, Form: r.Form, Kind: r.Kind, Label: r.Label, Required: r.Required, SortOrder: r.SortOrder}
		if err := json.Unmarshal(r.Settings, &f.FieldSettings); err != nil {
			return out, fmt.Errorf("settings of form field %d of store %d: %w", r.ID, storeID, err)
		}
		if err := json.Unmarshal(r.Options, &f.Options); err != nil {
			return out, err
		}
		out.Custom = append(out.Custom, f)
	}
	return out, list(&out.Overrides, formFieldOverrides, storeID)
}

// The store's row is the lock: ids are not given twice, and no two changes go by
// the same definitions.
const takeFieldID = `
UPDATE stores SET config_version = config_version + 1, next_form_field_id = next_form_field_id + 1
WHERE  id = $1
RETURNING next_form_field_id - 1`

const insertField = `
INSERT INTO form_fields (store_id, id, form, kind, label, required, sort_order, settings)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// AddField defines a form field and gives its id; a sort order of 0 puts it
// behind those that are there. Conflict: its label is taken in a form, or the
// store has too many.
func (s *Store) AddField(ctx context.Context, storeID int64, in shop.FormField) (id int64, err error) {
	defer explain(&err, "adding a form field to store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		ok, err := found(t.get(&id, takeFieldID, storeID))
		if err != nil || !ok {
			return orMissing(err, "There is no such store.")
		}
		forms, err := readForms(t.list, storeID)
		if err != nil {
			return err
		}
		f := in
		if f.SortOrder == 0 {
			f.SortOrder = id
		}
		if err := forms.Define(&f); err != nil {
			return err
		}
		settings, err := json.Marshal(f.FieldSettings)
		if err != nil {
			return err
		}
		if _, err := t.exec(insertField, storeID, id, f.Form, f.Kind, f.Label, f.Required, f.SortOrder, string(settings)); err != nil {
			return err
		}
		return t.addOptions(storeID, id, f.Options)
	})
	return id, err
}

const takeOptionID = `
UPDATE form_fields SET next_option_id = next_option_id + 1 WHERE store_id = $1 AND id = $2 RETURNING next_option_id - 1`

const insertOption = `
INSERT INTO form_field_options (store_id, field_id, id, label) VALUES ($1, $2, $3, $4)`

// addOptions keeps the options that have no id yet.
func (t tx) addOptions(storeID, fieldID int64, options []shop.FieldOption) error {
	for _, o := range options {
		if o.ID != 0 {
			continue
		}
		var id int64
		if err := t.get(&id, takeOptionID, storeID, fieldID); err != nil {
			return err
		}
		if _, err := t.exec(insertOption, storeID, fieldID, id, o.Label); err != nil {
			return err
		}
	}
	return nil
}

const updateField = `
UPDATE form_fields SET label = $3, required = $4, sort_order = $5, settings = $6 WHERE store_id = $1 AND id = $2`

const updateOption = `
UPDATE form_field_options SET label = $4 WHERE store_id = $1 AND field_id = $2 AND id = $3`

const deleteOption = `
DELETE FROM form_field_options WHERE store_id = $1 AND field_id = $2 AND id = $3`

// ChangeField lets change work on a field of the store's own and saves it; form
// and kind stay. Options without an id are new, and those that change drops are
// removed. change may run more than once.
func (s *Store) ChangeField(ctx context.Context, storeID, id int64, change func(*shop.FormField) error) (err error) {
	defer explain(&err, "changing form field %d of store %d", id, storeID)
	return s.tx(ctx, func(t tx) error {
		forms, was, err := t.lockField(storeID, id)
		if err != nil {
			return err
		}
		now := was
		now.Options = append([]shop.FieldOption{}, was.Options...)
		if err := change(&now); err != nil {
			return err
		}
		now.ID, now.Form, now.Kind = was.ID, was.Form, was.Kind
		if err := forms.Define(&now); err != nil {
			return err
		}
		settings, err := json.Marshal(now.FieldSettings)
		if err != nil {
			return err
		}
		if _, err := t.exec(updateField, storeID, id, now.Label, now.Required, now.SortOrder, string(settings)); err != nil {
			return err
		}
		return t.saveOptions(storeID, was, now)
	})
}

// lockField bumps the configuration's version, which holds the store's row.
func (t tx) lockField(storeID, id int64) (forms shop.Forms, field shop.FormField, err error) {
	if n, err := t.exec(bumpConfig, storeID); err != nil || n == 0 {
		return forms, field, orMissing(err, "There is no such store.")
	}
	if forms, err = readForms(t.list, storeID); err != nil {
		return forms, field, err
	}
	for _, f := range forms.Custom {
		if f.ID == id {
			return forms, f, nil
		}
	}
	return forms, field, shop.Errorf(shop.NotFound, "The store has no form field %d of its own.", id)
}

func (t tx) saveOptions(storeID int64, was, now shop.FormField) error {
	for _, o := range was.Options {
		label := now.OptionLabel(o.ID)
		statement, args := deleteOption, []any{storeID, was.ID, o.ID}
		if label == o.Label {
			continue
		}
		if label != "" {
			statement, args = updateOption, append(args, label)
		}
		if _, err := t.exec(statement, args...); err != nil {
			return err
		}
	}
	return t.addOptions(storeID, was.ID, now.Options)
}

const upsertOverride = `
INSERT INTO form_field_overrides (store_id, form, field_id, label, required, sort_order)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (store_id, form, field_id) DO UPDATE
SET label = COALESCE(EXCLUDED.label, form_field_overrides.label), required = COALESCE(EXCLUDED.required, form_field_overrides.required),
    sort_order = COALESCE(EXCLUDED.sort_order, form_field_overrides.sort_order)`

// OverrideField changes a built-in field in these forms; what is nil stays as it
// was.
func (s *Store) OverrideField(ctx context.Context, storeID int64, in ...shop.FieldOverride) (err error) {
	defer explain(&err, "changing a built-in form field of store %d", storeID)
	return s.tx(ctx, func(t tx) error {
		if n, err := t.exec(bumpConfig, storeID); err != nil || n == 0 {
			return orMissing(err, "There is no such store.")
		}
		for _, o := range in {
			if err := shop.CheckOverride(&o); err != nil {
				return err
			}
			if _, err := t.exec(upsertOverride, storeID, o.Form, o.FieldID, o.Label, o.Required, o.SortOrder); err != nil {
				return err
			}
		}
		return nil
	})
}

const emptyCustomerField = `
DELETE FROM customer_field_values
WHERE  store_id = $1 AND field_id = $2 AND customer_id IN (
    SELECT customer_id FROM customer_field_values WHERE store_id = $1 AND field_id = $2 LIMIT $3)`

const emptyAddressField = `
DELETE FROM address_field_values
WHERE  store_id = $1 AND field_id = $2 AND address_id IN (
    SELECT address_id FROM address_field_values WHERE store_id = $1 AND field_id = $2 LIMIT $3)`

const deleteField = `
DELETE FROM form_fields WHERE store_id = $1 AND id = $2`

// RemoveField removes a field of the store's own, and all values with it. These
// go first, and in batches: there may be one for every customer.
func (s *Store) RemoveField(ctx context.Context, storeID, id int64) (err error) {
	defer explain(&err, "removing form field %d of store %d", id, storeID)
	for _, statement := range []string{emptyCustomerField, emptyAddressField} {
		if err := s.drain(ctx, statement, storeID, id); err != nil {
			return err
		}
	}
	return s.tx(ctx, func(t tx) error {
		if _, _, err := t.lockField(storeID, id); err != nil {
			return err
		}
		_, err := t.exec(deleteField, storeID, id)
		return err
	})
}
