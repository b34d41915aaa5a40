// Command gosrt is a caller and a listener by gosrt, the SRT library of datarhei Core and Restreamer.
//
//	gosrt call HOST:PORT [streamid=TEXT] [passphrase=TEXT]     sends its standard input
//	gosrt listen HOST:PORT output=FILE [passphrase=TEXT]       receives one caller into a file
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	srt "github.com/datarhei/gosrt"
)

// messageBytes is the size of seven TS packets.
const messageBytes = 1316

// sendTime is how long the last packets may take: Close drops what was not sent yet.
const sendTime = time.Second

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("usage: gosrt call|listen HOST:PORT [streamid=TEXT] [passphrase=TEXT]"))
	}
	config := srt.DefaultConfig()
	output := ""
	for _, option := range os.Args[3:] {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "streamid":
			config.StreamId = value
		case "passphrase":
			config.Passphrase = value
		case "output":
			output = value
		}
	}
	var err error
	if os.Args[1] == "listen" {
		err = listen(os.Args[2], config, output)
	} else {
		err = call(os.Args[2], config)
	}
	if err != nil {
		fail(err)
	}
}

func call(address string, config srt.Config) error {
	conn, err := srt.Dial("srt", address, config)
	if err != nil {
		return err
	}
	report("connected")
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	sent := make(chan error, 1)
	go func() { sent <- send(conn) }()
	select {
	case <-interrupted:
		report("interrupted")
	case err = <-sent:
		time.Sleep(sendTime)
	}
	conn.Close()
	time.Sleep(100 * time.Millisecond) // the SHUTDOWN leaves in another goroutine
	return err
}

func send(conn srt.Conn) error {
	message := make([]byte, messageBytes)
	for {
		size, err := io.ReadFull(os.Stdin, message)
		if size > 0 {
			if _, err := conn.Write(message[:size]); err != nil {
				return fmt.Errorf("cannot write: %w", err)
			}
		}
		if err != nil {
			return nil // the end of the input
		}
	}
}

func listen(address string, config srt.Config, output string) error {
	file, err := os.Create(output)
	if err != nil {
		return err
	}
	defer file.Close()
	listener, err := srt.Listen("srt", address, config)
	if err != nil {
		return err
	}
	defer listener.Close()
	report("listening")
	conn, _, err := listener.Accept(func(request srt.ConnRequest) srt.ConnType {
		if request.IsEncrypted() != (config.Passphrase != "") {
			request.SetRejectionReason(srt.REJ_UNSECURE)
			return srt.REJECT
		}
		if config.Passphrase != "" && request.SetPassphrase(config.Passphrase) != nil {
			request.SetRejectionReason(srt.REJ_BADSECRET)
			return srt.REJECT
		}
		return srt.PUBLISH
	})
	if err != nil {
		return err
	}
	if conn == nil {
		return errors.New("rejected a caller")
	}
	report("accepted " + conn.StreamId())
	_, err = io.CopyBuffer(onlyWriter{file}, onlyReader{conn}, make([]byte, 2048))
	report(fmt.Sprintf("ended: %v", err))
	return nil
}

// onlyReader and onlyWriter hide methods from io.CopyBuffer, so that it uses its buffer.
type onlyReader struct{ io.Reader }
type onlyWriter struct{ io.Writer }

func report(text string) { fmt.Fprintln(os.Stderr, text) }

func fail(err error) {
	report("error: " + err.Error())
	os.Exit(1)
}
