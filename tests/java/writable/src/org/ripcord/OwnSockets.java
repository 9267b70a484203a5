package org.ripcord;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configurable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.net.StandardSocketFactory;

/**
 * Sockets as ever, and a Client of its own for each play: Hadoop keeps one for all whose factories
 * are equal, with the settings of the first, and the last one's stop ends it.
 */
public final class OwnSockets extends StandardSocketFactory implements Configurable {
  private static final String OWNER = "twin.owner";

  private static final AtomicInteger OWNERS = new AtomicInteger();

  private Configuration conf;

  /** conf: and its copies. */
  static void to(Configuration conf) {
    conf.set("hadoop.rpc.socket.factory.class.default", OwnSockets.class.getName());
    conf.setInt(OWNER, OWNERS.incrementAndGet());
  }

  @Override
  public void setConf(Configuration conf) {
    this.conf = conf;
  }

  @Override
  public Configuration getConf() {
    return conf;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OwnSockets && ((OwnSockets) other).hashCode() == hashCode();
  }

  @Override
  public int hashCode() {
    return conf.getInt(OWNER, 0);
  }
}
