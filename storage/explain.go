package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/lib/pq"

	"regulars/internal/batch"
	"regulars/internal/shop"
)

// retryAfter is what a client is told when the database cannot be reached.
const retryAfter = 2 * time.Second

// explain says what a method was doing when it failed, and turns a refusal that
// a client can act on into a shop.Error. Codes decide, never texts. What stays
// is for the log, and is stripped of Postgres' detail: that quotes people's
// data.
func explain(err *error, format string, args ...any) {
	if *err == nil || len(shop.ErrorsIn(*err)) > 0 {
		return
	}
	doing := fmt.Sprintf(format, args...)
	cause := fmt.Errorf("%s: %w", doing, plain(*err))
	switch {
	case errors.Is(*err, context.Canceled):
		*err = cause
	case outage(*err):
		e := shop.Errorf(shop.Unavailable, "The service is busy. Please try again in a moment.").Because(cause)
		e.RetryAfter = retryAfter
		*err = e
	case sqlState(*err) == "22021", sqlState(*err) == "22P05":
		*err = shop.Errorf(shop.BadUserInput, "The text holds characters that cannot be stored.").Because(cause)
	default:
		*err = cause
	}
}

// outage tells failures that are about the database's health, not about the
// request.
func outage(err error) bool {
	state := sqlState(err)
	if len(state) == 5 {
		switch state[:2] {
		case "08", "53", "57", "58": // connection, resources, operator, system
			return true
		}
		return state == "55P03" || state == "25P03" || state == "25006"
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, batch.ErrOverloaded)
}

// plain is an error of Postgres without the parts that quote values.
func plain(err error) error {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return fmt.Errorf("postgres refused with %s (%s %s%s)", e.Code, e.Table, e.Constraint, e.Routine)
	}
	return err
}

// violates tells whether err is a broken unique constraint of that name.
func violates(err error, constraint string) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && e.Code == "23505" && e.Constraint == constraint
}

// orphaned tells whether err is a row that refers to one that is gone.
func orphaned(err error) bool { return sqlState(err) == "23503" }

// refersToNothing tells whether err is a foreign key of that name without the
// row that it points to.
func refersToNothing(err error, constraint string) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && e.Code == "23503" && e.Constraint == constraint
}
