package org.ripcord;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.hadoop.io.Writable;

/** What echo takes; the Handler sleeps for time (ms). */
public class EchoRequest implements Writable {
  String message;
  long time;

  public EchoRequest() {}

  EchoRequest(String message, long time) {
    this.message = message;
    this.time = time;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    Optional.write(out, message);
    out.writeLong(time);
  }

  @Override
  public void readFields(DataInput in) throws IOException {
    message = Optional.read(in);
    time = in.readLong();
  }
}
