package middleware

import "net/http"

// response remembers what was answered. Everything else that the server's own
// writer can do stays reachable through http.ResponseController.
type response struct {
	http.ResponseWriter
	status int // 0 until the header is out
	bytes  int64
}

// Unwrap is how http.ResponseController finds the server's writer.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) WriteHeader(status int) {
	// 1xx are only announcements, except for 101, which is final.
	final := status >= http.StatusOK || status == http.StatusSwitchingProtocols
	if w.status == 0 && final {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	w.begin()
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// FlushError is here, and not left to Unwrap, because flushing sends the header.
func (w *response) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush serves those who ask for an http.Flusher.
func (w *response) Flush() { _ = w.FlushError() }

// begin notes the status that a first write implies.
func (w *response) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}
