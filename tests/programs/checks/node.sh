# packages: nodejs
# slow
node "$CHECKS/node.js"
