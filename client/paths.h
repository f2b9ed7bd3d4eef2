// Where files are: XDG directories and assets. All write into `out`; false when it does not fit or HOME is unknown.
#ifndef PARLOUR_PATHS_H
#define PARLOUR_PATHS_H

#include <stdbool.h>
#include <stddef.h>

enum { PATHS_MAX = 1024 };

bool paths_config_file(char out[PATHS_MAX]); // $XDG_CONFIG_HOME/parlour/parlour.conf
bool paths_data_dir(char out[PATHS_MAX]);    // $XDG_DATA_HOME/parlour
bool paths_runtime_dir(char out[PATHS_MAX]); // $XDG_RUNTIME_DIR/parlour; without one the data directory
bool paths_downloads(char out[PATHS_MAX]);   // $XDG_DOWNLOAD_DIR, or Downloads in $HOME
// dir/name
bool paths_join(char out[PATHS_MAX], const char *dir, const char *name);
// Make the directory and its parents (0700 each). False with errno set; an existing directory is left as it is.
bool paths_make(const char *dir);
// An asset that exists: in $PARLOUR_ASSETS when set, else ../share/parlour beside the program, else the source tree.
bool paths_asset(char out[PATHS_MAX], const char *name);
// The folder of the translations: ../share/locale beside the program when it is installed, else `locale` where it was
// built. False when there is none.
bool paths_locale(char out[PATHS_MAX]);

#endif
