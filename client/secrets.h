// What keeps this process's secrets in it: no core, no looking in from beside, nothing of an invite link's key where
// other processes read (ps, /proc/PID/environ), JSON that is wiped when it is freed.
#ifndef PARLOUR_SECRETS_H
#define PARLOUR_SECRETS_H

// First of all, before anything secret is read and before any thread.
void secrets_start(void);
// After the options have been read: wipes what follows a # in the arguments and in the PARLOUR_ variables, where an
// invite link has its key, and passwords in addresses of cameras. The words stay what they were in front of it.
void secrets_hide(int argc, char **argv);
// Wipes what this thread's small allocations would be given next. Libraries free their copies of our words as they are.
void secrets_scrub(void);
// free() for a malloced text that holds a secret; NULL is fine.
void secrets_free(void *p);

#endif
