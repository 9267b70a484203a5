package org.ripcord;

import java.io.IOException;
import org.apache.hadoop.ipc.VersionedProtocol;

/** The test protocol of IPC version 4.  The build renames throw_: "throw" can't be said in Java. */
public interface TestProtocol extends VersionedProtocol {
  long versionID = 1;

  EchoResponse echo(EchoRequest request) throws IOException;

  BlobResponse blob(BlobRequest request) throws IOException;

  ThrowResponse throw_(ThrowRequest request) throws IOException;

  HangResponse hang(HangRequest request) throws IOException;
}
