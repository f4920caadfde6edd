// A terminal on npm's `mqtt`: sends each line of standard input as a fix, prints every acknowledgement, and
// leaves when it was told of all of them.
const mqtt = require("mqtt");
const { readFileSync } = require("node:fs");

const { MQTT_URL, TERMINAL, FIX_TOPIC, ACK_TOPIC } = process.env;
const payloads = readFileSync(0, "utf8").trimEnd().split("\n");
const last = JSON.parse(payloads.at(-1)).seq;

const client = mqtt.connect(MQTT_URL, { protocolVersion: 5, clientId: TERMINAL, clean: true });

client.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
client.on("connect", async () => {
  await client.subscribeAsync(ACK_TOPIC, { qos: 1 });
  await Promise.all(payloads.map((payload) => client.publishAsync(FIX_TOPIC, payload, { qos: 1 })));
});
client.on("message", (_topic, payload) => {
  console.log(payload.toString());
  if (JSON.parse(payload).upto >= last) client.end();
});
