/*
 * A program that bench:scale compares with srt-splitter: a listener that records all callers in one process, with a thread for
 * each, into FOLDER/STREAM_ID.
 * Usage: one_process FOLDER. Prints the port, then "end" for each recording that is complete.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <srt/srt.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 1316, STREAM_ID_BYTES = 512 };

static const char *folder;

static void check(int result, const char *what) {
  if (result >= 0) return;
  fprintf(stderr, "error: cannot %s: %s\n", what, srt_getlasterror_str());
  exit(1);
}

static void *record(void *argument) {
  SRTSOCKET caller = (SRTSOCKET)(intptr_t)argument;
  char stream_id[STREAM_ID_BYTES + 1] = "", path[PATH_MAX], message[MESSAGE_BYTES];
  int length = STREAM_ID_BYTES;
  check(srt_getsockflag(caller, SRTO_STREAMID, stream_id, &length), "read the stream ID");
  snprintf(path, sizeof path, "%s/%s", folder, stream_id);
  int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
  if (file < 0) perror(path), exit(1);
  for (int bytes; (bytes = srt_recvmsg(caller, message, sizeof message)) > 0;) {
    if (write(file, message, (size_t)bytes) != bytes) perror(path), exit(1);
  }
  close(file);
  srt_close(caller);
  puts("end");
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 2) return fputs("usage: one_process FOLDER\n", stderr), 2;
  folder = arguments[1];
  setvbuf(stdout, NULL, _IOLBF, 0);
  check(srt_startup(), "start libsrt");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int length = sizeof address;
  SRTSOCKET listener = srt_create_socket();
  check(srt_bind(listener, (struct sockaddr *)&address, length), "bind");
  check(srt_listen(listener, 100), "listen");
  check(srt_getsockname(listener, (struct sockaddr *)&address, &length), "read the port");
  printf("%d\n", ntohs(address.sin_port));
  for (;;) {
    SRTSOCKET caller = srt_accept(listener, NULL, NULL);
    check(caller, "accept");
    pthread_t thread;
    if (pthread_create(&thread, NULL, record, (void *)(intptr_t)caller) != 0) perror("pthread_create"), exit(1);
    pthread_detach(thread);
  }
}
