// Why a file could not be sent or taken, as far as disk and content go.
#ifndef PARLOUR_FILE_TROUBLE_H
#define PARLOUR_FILE_TROUBLE_H

enum file_trouble {
    FILE_TROUBLE_NONE,
    FILE_TROUBLE_GONE,       // ours: there is no such file (any more)
    FILE_TROUBLE_UNREADABLE, // ours: it may not or cannot be read
    FILE_TROUBLE_NO_FILE,    // ours: a folder, a device
    FILE_TROUBLE_CHANGED,    // ours: it is not what was offered any more
    FILE_TROUBLE_TOO_LARGE,  // more than FILE_SIZE_MAX
    FILE_TROUBLE_MANY,       // too many at once
    FILE_TROUBLE_TWICE,      // theirs: the same content is coming already
    FILE_TROUBLE_DAY,        // theirs: more than a day's worth
    FILE_TROUBLE_FULL,       // theirs: the disk is, or would be
    FILE_TROUBLE_LOW,        // theirs: as far as we may, it has become full; what came before is kept
    FILE_TROUBLE_FOLDER,     // theirs: nothing can be written there
    FILE_TROUBLE_DAMAGED     // theirs: it is not what was offered
};

#endif
