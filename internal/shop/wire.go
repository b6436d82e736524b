package shop

import "encoding/json"

// ErrorBody is the JSON of a GraphQL answer that is nothing but one error: for
// refusals that come before a query is read. requestID may be empty.
func ErrorBody(code Code, text, requestID string) []byte {
	type extensions struct {
		Code      Code   `json:"code"`
		RequestID string `json:"requestId,omitempty"`
	}
	type refusal struct {
		Message    string     `json:"message"`
		Extensions extensions `json:"extensions"`
	}
	body, err := json.Marshal(map[string][]refusal{"errors": {{text, extensions{code, requestID}}}})
	if err != nil {
		panic("shop: an error that JSON cannot say: " + err.Error())
	}
	return append(body, '\n')
}
