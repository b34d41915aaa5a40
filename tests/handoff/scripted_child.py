"""A child that runs a shell script in place of a session: python3 scripted_child.py SCRIPT ROLE DESCRIPTOR [LIBSRT].

Receives the first message of the control channel, the ticket, then becomes `sh`. Each message from the channel is a line of the
shell's stdin; each line of its stdout is sent to the channel as a message. $1 is the descriptor that came with the ticket. If the
ticket is not there yet, it first reports `waiting`, with the problem that the first line of the script names (`# problem: TEXT`),
if there is one.
"""

import json
import os
import re
import socket
import struct
import sys

PART_BYTES = 32768
script, role, number = sys.argv[1:4]
channel = socket.socket(fileno=int(number))


def send(message):
    parts = [message[at : at + PART_BYTES] for at in range(0, max(1, len(message)), PART_BYTES)]
    for index, part in enumerate(parts):
        channel.sendall(bytes([index + 1 < len(parts)]) + part)


def receive(flags):
    """Returns a message and the descriptors that came with it."""
    message, ancillary, _, _ = channel.recvmsg(1 + PART_BYTES, socket.CMSG_SPACE(4), flags)
    return message, [struct.unpack("i", data)[0] for _, _, data in ancillary]


try:
    ticket, descriptors = receive(socket.MSG_DONTWAIT)
except BlockingIOError:
    problem = re.match("# problem: (.*)", script)
    send(json.dumps({"event": "waiting", **({"problem": problem[1]} if problem else {})}).encode())
    ticket, descriptors = receive(0)
if not ticket:
    sys.exit(3)
orders_out, orders_in = os.pipe()
lines_out, lines_in = os.pipe()

# started before the other process, so that it shuts the channel down even if this process is killed before the script begins
if os.fork() == 0:  # up: from the script to the channel
    for descriptor in [0, 2, orders_out, orders_in, lines_in, *descriptors]:
        os.close(descriptor)
    try:
        for line in open(lines_out, "rb"):
            send(line.removesuffix(b"\n"))
        channel.shutdown(socket.SHUT_RDWR)  # ends the other process too
    except OSError:
        pass
    os._exit(0)

if os.fork() == 0:  # down: from the channel to the script
    for descriptor in [0, orders_out, lines_out, lines_in, *descriptors]:
        os.close(descriptor)
    os.close(2)
    try:
        message = ticket
        while message:
            os.write(orders_in, message[1:] + b"\n")
            message = channel.recv(1 + PART_BYTES)
    except OSError:
        pass
    os._exit(0)

os.dup2(orders_out, 0)
os.dup2(lines_in, 1)
for descriptor in [channel.fileno(), orders_out, orders_in, lines_out, lines_in]:
    os.close(descriptor)
for descriptor in descriptors:
    os.set_inheritable(descriptor, True)
os.execv("/bin/sh", ["/bin/sh", "-c", script, role, *map(str, descriptors)])
