// Pure: passwords in addresses (`rtsp://admin:SECRET@camera/stream`, `http://camera/mjpeg?user=admin&password=SECRET`)
// are for whoever opens them, not for process lists, screens and logs.
#ifndef PARLOUR_URL_SECRET_H
#define PARLOUR_URL_SECRET_H

// In place: three asterisks for each of them, or as many as it had letters. What has none stays as it is.
void url_secret_hide(char *text);

#endif
