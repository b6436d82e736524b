package shop

import (
	"encoding/json"
	"errors"
	"slices"
)

// waitingValue is a value of an update that waits. A FieldValue alone does not
// say which field it is of.
type waitingValue struct {
	FieldID int64      `json:"field"`
	Value   FieldValue `json:"value"`
}

// MarshalJSON keeps what Check took, for a sign-up that waits: of a password its
// hash, and nothing of what a client sent. It refuses one that is not hashed yet.
func (u FieldUpdate) MarshalJSON() ([]byte, error) {
	out := []waitingValue{}
	for _, v := range u.set {
		if v.Secret != "" {
			return nil, errors.New("a password field that was not hashed")
		}
		out = append(out, waitingValue{v.FieldID, v})
	}
	return json.Marshal(out)
}

// UnmarshalJSON gives an update that sets those values, and asks for no others.
func (u *FieldUpdate) UnmarshalJSON(b []byte) error {
	var in []waitingValue
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*u = FieldUpdate{}
	for _, v := range in {
		v.Value.FieldID = v.FieldID
		u.set = append(u.set, v.Value)
	}
	return nil
}

// Only drops the values of all other fields.
func (u *FieldUpdate) Only(ids []int64) {
	u.set = slices.DeleteFunc(u.set, func(v FieldValue) bool { return !slices.Contains(ids, v.FieldID) })
}
