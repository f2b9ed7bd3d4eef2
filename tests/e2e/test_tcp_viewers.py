#!/usr/bin/env python3
"""Stock viewers take a camera's picture from a plain TCP port, without any room: right pictures at right times, at most
eight of them, and one who does not read ends without harm to the others."""
from kit import *
import nals


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


port = free_port()
url = "tcp://127.0.0.1:%d" % port
camera = Cameras("Door", "lavfi:testsrc2=size=640x360:rate=20,noise=alls=20:allf=t", args=["--serve-tcp", str(port), "--video-bitrate", "6000"])
wait_for(lambda: camera.by_name("Door")["up"], "the camera has pictures")
check("not sealed" in log_of(camera), "it is said that this is not sealed")
check(camera.by_name("Door")["phase"] == "alone", "there is no room")

slow = socket.create_connection(("127.0.0.1", port))
slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
probe = subprocess.run(["ffprobe", "-v", "error", "-analyzeduration", "300000", "-read_intervals", "%+1.5", "-select_streams", "v:0", "-show_entries",
                        "stream=codec_name,width,height:frame=pts_time,key_frame", "-of", "json", url],
                       stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30 * SLOW)
seen = json.loads(probe.stdout)
check([seen["streams"][0][k] for k in ("codec_name", "width", "height")] == ["h264", 640, 360], "it is the camera's picture")
times = [float(f["pts_time"]) for f in seen["frames"]]
check(len(times) >= 15 and seen["frames"][0]["key_frame"] == 1, "it begins with a keyframe: %d pictures" % len(times))
steps = [b - a for a, b in zip(times, times[1:])]
check(all(s > 0 for s in steps) and abs(sum(steps) / len(steps) - 0.05) < 0.01, "every 50 ms one: %s" % steps[:8])

path = os.path.join(WORK, "tcp.png")
subprocess.run(["ffmpeg", "-v", "error", "-y", "-analyzeduration", "300000", "-i", url, "-frames:v", "1", path], stdin=subprocess.DEVNULL, timeout=30 * SLOW,
               check=True)
check(os.path.getsize(path) > 2000, "ffmpeg decodes a picture")
wait_for(lambda: camera.by_name("Door")["tcp_viewers"] == 1, "who has left is not counted")

more = [socket.create_connection(("127.0.0.1", port)) for _ in range(7)]
wait_for(lambda: camera.by_name("Door")["tcp_viewers"] == 8, "eight watch")
ninth = socket.create_connection(("127.0.0.1", port))
ninth.settimeout(5 * SLOW)
check(ninth.recv(1) == b"", "a ninth is sent away")
for s in more:
    s.close()
wait_for(lambda: camera.by_name("Door")["tcp_viewers"] == 1, "they have gone")

other = Cameras("Yard", "test", args=["--serve-tcp", str(port)])
check(other.p.wait(10 * SLOW) != 0 and "taken" in log_of(other), "a port that is taken is told")
wait_for(lambda: camera.by_name("Door")["tcp_viewers"] == 0, "who does not read is sent away after ten seconds", 15)
check("too slow" in log_of(camera), "for that reason")
camera.quit()

# ---- what is coded already is passed on to them, too ----

coded = os.path.join(WORK, "coded.mp4")
subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-t", "4", "-c:v", "libx264", "-bf", "0",
                "-preset", "veryfast", "-g", "25", "-threads", "1", "-b:v", "1M", "-pix_fmt", "yuv420p", coded], check=True, stdin=subprocess.DEVNULL)


def bare(*source):
    raw = subprocess.run(["ffmpeg", "-v", "error", *source, "-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264", "-"],
                         stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30 * SLOW).stdout
    return nals.slices(raw)


made = bare("-i", coded)
camera = Cameras("Street", "file:" + coded, args=["--serve-tcp", str(port)])
wait_for(lambda: camera.by_name("Street")["direct"], "the street has pictures")
got = bare("-analyzeduration", "300000", "-t", "3", "-i", url)
same = sum(n in made for n in got)  # the others: what is coded anew for who comes, or has lost something
check(same > 20, "it is what the source made: %d of %d slices" % (same, len(got)))
wait_for(lambda: camera.by_name("Street")["tcp_viewers"] == 0 and camera.by_name("Street")["seq"] > 20, "what they got is counted")
camera.quit()
passed("stock viewers")
