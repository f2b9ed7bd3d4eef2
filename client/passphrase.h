// The passphrase of a room, from a file: never from the command line or the environment, where others can read it.
#ifndef PARLOUR_PASSPHRASE_H
#define PARLOUR_PASSPHRASE_H

enum { PASSPHRASE_MAX = 1024 }; // bytes

// The first line of the file (`-` = standard input, of which nothing behind that line is taken), as text in guarded
// memory; free with passphrase_free. NULL with a static sentence in *why when it cannot be read, is empty, longer than
// PASSPHRASE_MAX or holds a zero byte.
char *passphrase_read(const char *path, const char **why);
void passphrase_free(char *passphrase); // wiped; NULL is fine

#endif
