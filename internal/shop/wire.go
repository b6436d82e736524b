package shop

import "encoding/json"

// ErrorBody is the JSON of a GraphQL answer that is nothing but one error: for
// refusals that come before a query is read. requestID may be empty.
func ErrorBody(code Code, text, requestID string) []byte {
	extensions := map[string]string{"code": string(code)}
	if requestID != "" {
		extensions["requestId"] = requestID
	}
	body, err := json.Marshal(map[string]any{"errors": []any{map[string]any{"message": text, "extensions": extensions}}})
	if err != nil {
		panic("shop: an error that JSON cannot say: " + err.Error())
	}
	return append(body, '\n')
}
