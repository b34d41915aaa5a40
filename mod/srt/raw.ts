/**
 * The symbol table of libsrt in the form of `Deno.dlopen`, with the C declaration of each function. No logic.
 *
 * Types: `SRTSOCKET` is `int32_t`, `UDPSOCKET` and enums are `int`. A `buffer` is passed if C reads or writes only during the
 * call; a `pointer` if the same address is passed repeatedly (9 ns a call against 25 ns for a `buffer`) or if the argument is
 * always NULL.
 *
 * @module
 */

/** The functions that this program calls; source: libsrt `srtcore/srt.h`, the same from 1.4.2 to 1.5.5. */
export const LIBSRT_SYMBOLS = {
  // int srt_startup(void);
  srt_startup: { parameters: [], result: "i32" },
  // int srt_cleanup(void);
  srt_cleanup: { parameters: [], result: "i32" },
  // uint32_t srt_getversion(void);
  srt_getversion: { parameters: [], result: "u32" },
  // void srt_setloglevel(int ll);
  srt_setloglevel: { parameters: ["i32"], result: "void" },

  // SRTSOCKET srt_create_socket(void);
  srt_create_socket: { parameters: [], result: "i32" },
  // int srt_bind_acquire(SRTSOCKET u, UDPSOCKET sys_udp_sock);
  srt_bind_acquire: { parameters: ["i32", "i32"], result: "i32" },
  // int srt_listen(SRTSOCKET u, int backlog);
  srt_listen: { parameters: ["i32", "i32"], result: "i32" },
  // int srt_listen_callback(SRTSOCKET lsn, srt_listen_callback_fn* hook_fn, void* hook_opaque);
  srt_listen_callback: { parameters: ["i32", "function", "pointer"], result: "i32" },
  // int srt_setrejectreason(SRTSOCKET sock, int value);
  srt_setrejectreason: { parameters: ["i32", "i32"], result: "i32" },
  // SRTSOCKET srt_accept(SRTSOCKET u, struct sockaddr* addr, int* addrlen);
  srt_accept: { parameters: ["i32", "pointer", "pointer"], result: "i32" },
  // int srt_connect(SRTSOCKET u, const struct sockaddr* name, int namelen);
  srt_connect: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  // int srt_getrejectreason(SRTSOCKET sock);
  srt_getrejectreason: { parameters: ["i32"], result: "i32" },
  // int srt_close(SRTSOCKET u);
  srt_close: { parameters: ["i32"], result: "i32" },
  // SRT_SOCKSTATUS srt_getsockstate(SRTSOCKET u);
  srt_getsockstate: { parameters: ["i32"], result: "i32" },

  // int srt_getsockflag(SRTSOCKET u, SRT_SOCKOPT opt, void* optval, int* optlen);
  srt_getsockflag: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32" },
  // int srt_setsockflag(SRTSOCKET u, SRT_SOCKOPT opt, const void* optval, int optlen);
  srt_setsockflag: { parameters: ["i32", "i32", "buffer", "i32"], result: "i32" },

  // int srt_recvmsg2(SRTSOCKET u, char* buf, int len, SRT_MSGCTRL* mctrl);
  srt_recvmsg2: { parameters: ["i32", "buffer", "i32", "pointer"], result: "i32" },
  // int srt_sendmsg2(SRTSOCKET u, const char* buf, int len, SRT_MSGCTRL* mctrl);
  srt_sendmsg2: { parameters: ["i32", "buffer", "i32", "pointer"], result: "i32" },
  // int64_t srt_time_now(void);
  srt_time_now: { parameters: [], result: "i64" },
  // int srt_bistats(SRTSOCKET u, SRT_TRACEBSTATS* perf, int clear, int instantaneous);
  srt_bistats: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },

  // int srt_epoll_create(void);
  srt_epoll_create: { parameters: [], result: "i32" },
  // int srt_epoll_add_usock(int eid, SRTSOCKET u, const int* events);
  srt_epoll_add_usock: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  // int srt_epoll_uwait(int eid, SRT_EPOLL_EVENT* fdsSet, int fdsSize, int64_t msTimeOut);
  // Waits, so it runs on another thread: srt_getlasterror does not return the error of this call afterwards.
  srt_epoll_uwait: { parameters: ["i32", "buffer", "i32", "i64"], result: "i32", nonblocking: true },
  // int srt_epoll_release(int eid);
  srt_epoll_release: { parameters: ["i32"], result: "i32" },

  // int srt_getlasterror(int* errno_loc);
  srt_getlasterror: { parameters: ["pointer"], result: "i32" },
  // const char* srt_getlasterror_str(void);
  srt_getlasterror_str: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of {@linkcode LIBSRT_SYMBOLS}, callable. */
export type LibsrtSymbols = Deno.DynamicLibrary<typeof LIBSRT_SYMBOLS>["symbols"];

/** `SRT_INVALID_SOCK` and `SRT_ERROR`: what functions that can fail return on failure. */
export const SRT_ERROR: number = -1;

/** `SRT_EPOLL_IN`: a listener has a caller to accept, a connection has a message. */
export const SRT_EPOLL_IN = 0x1;

/** `SRT_EPOLL_ERR`: the socket is broken. */
export const SRT_EPOLL_ERR = 0x8;

/** `LOG_CRIT` of syslog.h, the quietest level of `srt_setloglevel`. */
export const LOG_CRIT = 2;
