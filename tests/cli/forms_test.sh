#!/usr/bin/env bash
# -F and --form-string: what is sent, next to what curl sends.
source "$(dirname "$0")/_with_echo.sh"
printf 'bytes\n' >data.bin
printf 'x' >pic.png
printf 'from a file' >text

form=(-F 'a=1' -F 'spaces=  v ' -F '=nameless' -F 'up2=@ data.bin' -F 'quoted="v" ;type=a/b' -F ' n =v' -F 'filename=@data.bin;filename=' -F 'up=@data.bin' -F 'pic=@pic.png;filename="my \"pic\".png"' -F 'text=<text;type=text/plain' --form-string 'raw=@x;type=y')
expect 0 '' "$REDIAL" post "${form[@]}" "$base/"
said 'e["headers"]["content-type"].startswith("multipart/form-data; boundary=")'
said 'b"name=\"pic\"; filename=\"my %22pic%22.png\"\r\nContent-Type: image/png\r\n\r\nx\r\n" in body'
said 'b"name=\"text\"\r\nContent-Type: text/plain\r\n\r\nfrom a file\r\n" in body'
said 'b"name=\"raw\"\r\n\r\n@x;type=y\r\n" in body'
said 'int(e["headers"]["content-length"]) == len(body)'
# Byte for byte curl's, but for the boundary.
plain() { python3 -c 'import base64, json, sys
e = json.load(sys.stdin)
boundary = e["headers"]["content-type"].split("boundary=")[1].encode()
sys.stdout.buffer.write(base64.b64decode(e["body"]).replace(boundary, b"BOUNDARY"))'; }
plain <out >ours
curl -s "${form[@]}" "$base/" | plain >curls
cmp ours curls || fail 'not as curl sends it'
printf 'stdin' | "$REDIAL" post -F 'a=@-;filename=b' "$base/" >out || fail '@-'
said 'b"filename=\"b\"\r\n\r\nstdin\r\n" in body'  # as curl: no type
printf 'stdin' | "$REDIAL" post -F 'a=@-;filename=b.png' "$base/" >out || fail '@-'
said 'b"filename=\"b.png\"\r\nContent-Type: image/png\r\n\r\nstdin\r\n" in body'
"$REDIAL" post -F 'a=@/dev/stdin' -F b=@<(printf piped) -F 'c=@/dev/null' -F 'd=<-' "$base/" < <(:) >out || fail 'pipes in a form'
said 'b"\r\n\r\npiped\r\n" in body and b"name=\"c\"; filename=\"null\"" in body'
expect 0 '' "$REDIAL" post -F a=1 -H 'Content-Type: multipart/related' "$base/"
said 'e["headers"]["content-type"].startswith("multipart/related; boundary=")'

expect 2 'not together with -d' "$REDIAL" post -F a=1 -d b "$base/"
expect 2 'not together with -d' "$REDIAL" post -F a=1 --json '{}' "$base/"
expect 2 'not together with -G' "$REDIAL" post -F a=1 -G "$base/"
expect 2 'a GET has no body' "$REDIAL" get -F a=1 "$base/"
expect 2 'no such\|No such' "$REDIAL" post -F a=@none "$base/"
for list in 'a=@pic.png;type=text/plain,text' 'a=@pic.png,text' 'a=@pic.png;filename=b,text'; do
  expect 2 'several files in one -F' "$REDIAL" post -F "$list" "$base/"
done
for nested in 'a=(;type=multipart/alternative' 'a=(' '=)'; do
  expect 2 'nested multiparts' "$REDIAL" post -F "$nested" "$base/"
done
expect 2 'expected name=value' "$REDIAL" post -F none "$base/"
exit $((failures > 0))
