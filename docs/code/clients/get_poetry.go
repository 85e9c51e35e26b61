// A poetry client in Go: a goroutine for each poem. Each waits for its own server, as lesson 2 does.
//
//	go run get_poetry.go 10000 127.0.0.1:10001
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// parse adds the host to a PORT that stands alone. It leaves HOST:PORT and [IPV6]:PORT as they are.
func parse(word string) (string, error) {
	if !strings.Contains(word, ":") {
		word = ":" + word
	}
	host, port, err := net.SplitHostPort(word)
	if number, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || number == 0 {
		return "", errors.New("write PORT, HOST:PORT or [IPV6]:PORT for each server")
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// getPoem blocks until the poem is complete. Printf writes each line at once.
func getPoem(task int, address string) ([]byte, error) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("failed to connect to %s: %w", address, err)
	}
	defer connection.Close()
	peer := connection.RemoteAddr()
	poem := []byte{}
	buffer := make([]byte, 64*1024)
	for {
		n, err := connection.Read(buffer)
		if n > 0 {
			poem = append(poem, buffer[:n]...)
			fmt.Printf("Task %d: got %d bytes of poetry from %s\n", task, n, peer)
		}
		if err == io.EOF { // an orderly close: the poem is complete
			fmt.Printf("Task %d finished\n", task)
			return poem, nil
		}
		if err != nil {
			return nil, fmt.Errorf("connection to %s lost after %d bytes: %w", peer, len(poem), err)
		}
	}
}

func getPoetry(addresses []string) int {
	began := time.Now()
	poems := make([][]byte, len(addresses)) // nil for a poem that is not complete
	var running sync.WaitGroup
	for i, address := range addresses {
		running.Add(1)
		go func(i int, address string) {
			defer running.Done()
			poem, err := getPoem(i+1, address)
			if err != nil {
				fmt.Fprintf(os.Stderr, "get_poetry: Task %d: %v\n", i+1, err)
			}
			poems[i] = poem
		}(i, address)
	}
	running.Wait()

	complete := 0
	for i, poem := range poems {
		if poem != nil {
			complete++
			fmt.Printf("Task %d: %d bytes of poetry\n", i+1, len(poem))
		}
	}
	count := strconv.Itoa(complete)
	if complete < len(poems) {
		count = fmt.Sprintf("%d of %d", complete, len(poems))
	}
	took := time.Since(began)
	fmt.Printf("Got %s poems in %d:%s\n", count, took/time.Hour, time.Time{}.Add(took).Format("04:05.000000"))
	if complete < len(poems) {
		return 1
	}
	return 0
}

func main() {
	var addresses []string
	for _, word := range os.Args[1:] {
		address, err := parse(word)
		if err != nil {
			fmt.Fprintf(os.Stderr, "get_poetry: '%s' is not an address; %v\n", word, err)
			os.Exit(2)
		}
		addresses = append(addresses, address)
	}
	if len(addresses) == 0 {
		fmt.Fprintln(os.Stderr, "get_poetry: no address; write PORT, HOST:PORT or [IPV6]:PORT for each server")
		os.Exit(2)
	}
	os.Exit(getPoetry(addresses))
}
