"""Forms of several parts, as uploads are sent."""

from email.message import Message
from email.parser import HeaderParser

from runloop_async.testing.blobs import Blob
from runloop_async.testing.messages import Ask, invalid


def parts_of(ask: Ask) -> dict[str, Blob]:
    """Return the parts of a form by their names.

    Raises:
        ApiError: It is no form, or not all of it came.
    """
    about = Message()
    about["content-type"] = ask.content_type
    boundary = about.get_boundary()
    if about.get_content_type() != "multipart/form-data" or not boundary:
        raise invalid(f"multipart/form-data is needed, not {ask.content_type!r}.")
    mark, parts, content = b"--" + boundary.encode(), dict[str, Blob](), ask.content
    start = content.find(mark)
    while start >= 0:
        start += len(mark)
        if content.part(start, 2).read() == b"--":
            return parts
        head_end = content.find(b"\r\n\r\n", start)
        end = content.find(b"\r\n" + mark, head_end)
        if head_end < 0 or end < 0:
            break
        head = HeaderParser().parsestr(
            content.part(start + 2, head_end - start - 2).read().decode()
        )
        name = head.get_param("name", header="content-disposition")
        parts[str(name)] = content.part(head_end + 4, end - head_end - 4)
        start = end + 2
    raise invalid("The form has no end.")
