package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"regulars/internal/devdb"
)

const storeHash = "bench"

// seed fills the database unless an earlier run did: the schema, a store, its
// customers through the import, a session for each.
func (s *system) seed(ctx context.Context, out io.Writer) error {
	started := time.Now()
	if err := s.command(ctx, "migrate"); err != nil {
		return err
	}
	if err := s.look(ctx); err != nil {
		return err
	}
	if s.run == 0 {
		if err := s.command(ctx, "store", "create", storeHash, "--name=Bench", "--plan=plus", "--host="+host); err != nil {
			return err
		}
		if err := s.look(ctx); err != nil {
			return err
		}
		for _, step := range []func(context.Context) error{s.addGroups, s.addCustomers, s.addSessions, s.settle} {
			if err := step(ctx); err != nil {
				return err
			}
		}
	}
	s.run++
	if err := os.WriteFile(s.runFile(), []byte(strconv.Itoa(s.run)), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d customers are there, after %.0f s.\n", s.customers, time.Since(started).Seconds())
	return nil
}

func (s *system) runFile() string { return filepath.Join(s.dir, "run") }

// look finds what an earlier run left.
func (s *system) look(ctx context.Context) error {
	if b, err := os.ReadFile(s.runFile()); err == nil {
		if s.run, err = strconv.Atoi(string(b)); err != nil {
			return err
		}
	}
	var there int
	err := s.owner.QueryRowContext(ctx, `SELECT COALESCE(max(id), 0), (SELECT count(*) FROM customers) FROM stores WHERE hash = $1`,
		storeHash).Scan(&s.store, &there)
	if err == nil && s.run > 0 && there != s.customers {
		err = fmt.Errorf("%s has %d customers, not %d", s.dir, there, s.customers)
	}
	return err
}

// command runs a command of the program that is measured.
func (s *system) command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, s.o.Server, args...)
	cmd.Env = s.environment()
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", s.o.Server, args, err, said)
	}
	return nil
}

func (s *system) addGroups(ctx context.Context) error {
	text := "Name\n"
	for g := 1; g <= groups; g++ {
		text += groupName(g) + "\n"
	}
	name := filepath.Join(s.dir, "groups.csv")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		return err
	}
	return s.command(ctx, "import", "groups", name, "--store="+storeHash)
}

// addCustomers imports both kinds of customers.
func (s *system) addCustomers(ctx context.Context) error {
	for _, b := range []books{smallBooks, fullBooks} {
		name := filepath.Join(s.dir, fmt.Sprintf("customers-%d.csv", b))
		if err := s.writeCustomers(name, b); err != nil {
			return err
		}
		if err := s.command(ctx, "import", "customers", name, "--store="+storeHash); err != nil {
			return err
		}
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// writeCustomers writes a file as shops export them: the addresses of a customer
// are columns with a number.
func (s *system) writeCustomers(name string, b books) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	columns := bookSize
	if b == smallBooks {
		columns = 4
	}
	if err := w.Write(header(columns)); err != nil {
		return err
	}
	from, to := population(b, s.customers)
	for n := from; n < to; n++ {
		if err := w.Write(n.record(b, columns)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

var addressColumns = []string{
	"Address First Name", "Address Last Name", "Address Company", "Address Line 1", "Address Line 2", "City", "State", "Zip", "Country", "Phone",
}

func header(addresses int) []string {
	out := []string{"Email", "First Name", "Last Name", "Company", "Phone", "Customer Group", "Date Joined", "Accepts Marketing"}
	for i := 1; i <= addresses; i++ {
		for _, c := range addressColumns {
			out = append(out, fmt.Sprintf("%s - %d", c, i))
		}
	}
	return out
}

// record is a shopper's line in the file; a third of them takes the newsletter.
func (s shopper) record(b books, columns int) []string {
	newsletter := "No"
	if s%3 == 0 {
		newsletter = "Yes"
	}
	joined := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(s)%2000)
	out := []string{
		s.email(), "Johanna", fmt.Sprintf("Lindqvist %d", int(s)), "Lindqvist & Daughters Ltd", "+49 30 901820", s.group(),
		joined.Format(time.DateOnly), newsletter,
	}
	for i := range columns {
		if i < s.addresses(b) {
			out = append(out, "Johanna", fmt.Sprintf("Lindqvist %d", int(s)), "Lindqvist & Daughters Ltd",
				fmt.Sprintf("%s, no. %d", s.street(), i+1), "Second floor, ring twice", "Berlin", "Berlin", "10117", "DE", "+49 30 901821")
		} else {
			out = append(out, make([]string, len(addressColumns))...)
		}
	}
	return out
}

// addSessions logs every customer in, with the tokens that the requests carry.
// They were seen just now, from Postgres' point of view for a while to come:
// noting that one was seen is a write a minute, which is not what is measured.
const addSessions = `
INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, last_seen_at, expires_at)
SELECT store_id, sha256(convert_to(rtrim(translate(encode(sha256(convert_to('session of ' || email, 'UTF8')), 'base64'), '+/', '-_'), '='), 'UTF8')),
       id::text, id, session_epoch, id::text, 1, 'cookie', now() + interval '12 hours', now() + interval '10 days'
FROM   customers
WHERE  store_id = $1`

func (s *system) addSessions(ctx context.Context) error {
	_, err := s.owner.ExecContext(ctx, addSessions, s.store)
	return err
}

// settle leaves nothing for the outbox, autovacuum and the checkpointer to do in
// the middle of a measurement. Nobody is told of the import: that takes the server
// a minute, and has nothing to do with what is measured.
func (s *system) settle(ctx context.Context) error {
	super, err := sql.Open("postgres", s.cluster.DSN(devdb.Superuser, devdb.Database))
	if err != nil {
		return err
	}
	defer super.Close()
	for _, statement := range []string{`DELETE FROM events`, `VACUUM (ANALYZE)`, `CHECKPOINT`} {
		if _, err := super.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
