package org.ripcord;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.hadoop.io.Writable;

/** What blob gives. */
public final class BlobResponse implements Writable {
  byte[] data = {};

  public BlobResponse() {}

  BlobResponse(byte[] data) {
    this.data = data;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(data.length);
    out.write(data);
  }

  @Override
  public void readFields(DataInput in) throws IOException {
    data = new byte[in.readInt()];
    in.readFully(data);
  }
}
