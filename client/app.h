// Owns everything: starts it in order, runs the loop, stops all, joins all, destroys all. Main thread.
//
//   app.c          start, loop, stop
//   app_media.c    devices, encoders, decoders and the sinks between them
//   app_notices.c  what the other threads tell -> the call model, toasts, IPC events
//   app_trust.c    whom this box knows, and what a person decides about members
//   app_sounds.c   what sounds when
//   app_actions.c  what the person wants -> commands
//   app_calls.c    who can be called, calling, being called, answering by itself
//   app_cameras.c  members that are cameras
//   app_recent.c   the rooms one was in
//   app_ipc.c      what IPC clients want
//   app_share.c    the screen, or a window, that this box shows
//   app_settings.c what a person changes on the settings screen
#ifndef PARLOUR_APP_H
#define PARLOUR_APP_H

#include "client_options.h"

// Returns the exit code. `options` lie in memory of sodium_malloc: the invite that was for this start only is wiped,
// and they are closed to writing.
int app_run(struct client_options *options);

#endif
