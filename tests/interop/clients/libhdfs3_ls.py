"""libhdfs3-ls URL: the files of a directory, as ClickHouse lists them before it reads any."""
import sys

import chdb

try:
    listed = chdb.query("SELECT _path FROM hdfs('%s/*', 'One') ORDER BY _path" % sys.argv[1].rstrip("/"), "TSV")
    sys.stdout.write(listed.bytes().decode())
except Exception as error:
    print(error, file=sys.stderr)
    sys.exit(1)
