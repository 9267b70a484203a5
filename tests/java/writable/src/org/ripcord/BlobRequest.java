package org.ripcord;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.hadoop.io.Writable;

/** What blob takes: how many bytes the whole reply has, and how long the Handler sleeps (ms). */
public final class BlobRequest implements Writable {
  long size;
  long time;

  public BlobRequest() {}

  BlobRequest(long size, long time) {
    this.size = size;
    this.time = time;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(size);
    out.writeLong(time);
  }

  @Override
  public void readFields(DataInput in) throws IOException {
    size = in.readLong();
    time = in.readLong();
  }
}
