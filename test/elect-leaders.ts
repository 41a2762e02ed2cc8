/**
 * For `rabbitmqctl eval`: lets each quorum queue elect its leader. A broker of a single node that was killed under load
 * may come back with queues that never do so by themselves (seen with 3.10.8 and 4.0; rabbitmq/rabbitmq-server#10070):
 * consumers and publishers wait for ever. It changes nothing where there is a leader.
 */
export const ELECT_LEADERS =
  '[ra:trigger_election(amqqueue:get_pid(Q)) || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) == rabbit_quorum_queue].';
