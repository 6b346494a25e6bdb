//! What the accounts of the made-up bill use: products, machines, regions, line types and tags.

/// What a product is about: it decides which of its many attributes are filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// A machine by the hour, of some type.
    Machine,
    /// A database by the hour, of some type.
    Database,
    /// Space by the month.
    Space,
    /// Traffic between places.
    Transfer,
    /// Requests and all other things that are counted.
    Count,
}

/// Something that is sold.
pub struct Product {
    pub code: &'static str,
    pub name: &'static str,
    pub family: &'static str,
    pub class: Class,
    pub usage: &'static str,
    pub operation: &'static str,
    pub unit: &'static str,
    /// What the price is for; a description is made of it.
    pub per: &'static str,
    /// How a resource's id begins; without one, rows name no resource.
    pub resource: &'static str,
    /// About the largest cost of a row, in units of the tenth digit after the point.
    pub size: u64,
}

macro_rules! products {
    ($($code:literal $name:literal $family:literal $class:ident $usage:literal $operation:literal $unit:literal
       $per:literal $resource:literal $size:literal)*) => {
        &[$(Product {
            code: $code, name: $name, family: $family, class: Class::$class, usage: $usage, operation: $operation,
            unit: $unit, per: $per, resource: $resource, size: $size,
        }),*]
    };
}

/// All products.
pub const PRODUCTS: &[Product] = products![
    "AmazonEC2" "Amazon Elastic Compute Cloud" "Compute Instance" Machine "BoxUsage" "RunInstances" "Hrs"
        "On Demand Linux" "i-" 8_000_000_000
    "AmazonEC2" "Amazon Elastic Compute Cloud" "Storage" Space "EBS:VolumeUsage.gp3" "CreateVolume-Gp3" "GB-Mo"
        "GB-month of General Purpose (gp3) provisioned storage" "vol-" 900_000_000
    "AmazonEC2" "Amazon Elastic Compute Cloud" "Storage Snapshot" Space "EBS:SnapshotUsage" "CreateSnapshot" "GB-Mo"
        "GB-month of snapshot data stored" "arn:aws:ec2:snapshot/snap-" 500_000_000
    "AmazonEC2" "Amazon Elastic Compute Cloud" "NAT Gateway" Count "NatGateway-Hours" "NatGateway" "Hrs"
        "NAT Gateway Hour" "arn:aws:ec2:natgateway/nat-" 480_000_000
    "AmazonEC2" "Amazon Elastic Compute Cloud" "Data Transfer" Transfer "DataTransfer-Regional-Bytes" "InterZone-Out"
        "GB" "GB - regional data transfer - in/out/between EC2 AZs" "i-" 60_000_000
    "AWSELB" "Elastic Load Balancing" "Load Balancer-Application" Count "LoadBalancerUsage" "LoadBalancing:Application"
        "Hrs" "Application LoadBalancer-hour (or partial hour)" "arn:aws:elasticloadbalancing:loadbalancer/app/"
        252_000_000
    "AmazonRDS" "Amazon Relational Database Service" "Database Instance" Database "InstanceUsage" "CreateDBInstance:0014"
        "Hrs" "RDS Single-AZ instance hour running PostgreSQL" "arn:aws:rds:db:" 9_000_000_000
    "AmazonRDS" "Amazon Relational Database Service" "Database Storage" Space "RDS:GP3-Storage" "CreateDBInstance:0014"
        "GB-Mo" "GB-month of provisioned gp3 storage running PostgreSQL" "arn:aws:rds:db:" 700_000_000
    "AmazonS3" "Amazon Simple Storage Service" "Storage" Space "TimedStorage-ByteHrs" "StandardStorage" "GB-Mo"
        "GB - first 50 TB / month of storage used" "logs-" 300_000_000
    "AmazonS3" "Amazon Simple Storage Service" "API Request" Count "Requests-Tier1" "PutObject" "Requests"
        "1,000 PUT, COPY, POST, or LIST requests" "logs-" 5_000_000
    "AmazonS3" "Amazon Simple Storage Service" "Data Transfer" Transfer "DataTransfer-Out-Bytes" "GetObject" "GB"
        "GB - first 10 TB / month data transfer out" "logs-" 90_000_000
    "AWSLambda" "AWS Lambda" "Serverless" Count "Lambda-GB-Second" "Invoke" "Lambda-GB-Second"
        "GB-second of AWS Lambda compute" "arn:aws:lambda:function:job-" 2_000_000
    "AmazonDynamoDB" "Amazon DynamoDB" "Amazon DynamoDB PayPerRequest Throughput" Count "ReadRequestUnits"
        "PayPerRequestThroughput" "ReadRequestUnits" "million read request units" "arn:aws:dynamodb:table/" 4_000_000
    "AmazonCloudWatch" "AmazonCloudWatch" "Metric" Count "CW:MetricMonitorUsage" "MetricStorage" "Metrics"
        "metric-month for the first 10,000 metrics" "" 30_000_000
    "AmazonCloudWatch" "AmazonCloudWatch" "Data Payload" Count "DataProcessing-Bytes" "PutLogEvents" "GB"
        "GB custom log data ingested in Standard log class" "arn:aws:logs:log-group:" 80_000_000
    "AmazonEKS" "Amazon Elastic Container Service for Kubernetes" "Compute" Count "AmazonEKS-Hours:perCluster"
        "CreateOperation" "Hours" "per cluster hour" "arn:aws:eks:cluster/" 1_000_000_000
    "AmazonElastiCache" "Amazon ElastiCache" "Cache Instance" Database "NodeUsage" "CreateCacheCluster:0002" "Hrs"
        "Cache node-hour running Redis" "arn:aws:elasticache:cluster:" 3_000_000_000
    "AmazonSageMaker" "Amazon SageMaker" "ML Instance" Machine "Notebk" "RunInstance" "Hrs"
        "Notebook instance hour" "arn:aws:sagemaker:notebook-instance/" 12_000_000_000
    "awskms" "AWS Key Management Service" "Encryption Key" Count "KMS-Keys" "Unknown" "Keys"
        "customer managed KMS key version" "arn:aws:kms:key/" 14_000_000
    "AmazonRoute53" "Amazon Route 53" "DNS Query" Count "DNS-Queries" "A" "Queries"
        "1,000,000 queries for the first 1 billion queries" "arn:aws:route53:hostedzone/" 600_000
    "AmazonECR" "Amazon EC2 Container Registry (ECR)" "EC2 Container Registry" Space "TimedStorage-ByteHrs" "" "GB-Mo"
        "GB-month of data storage" "arn:aws:ecr:repository/" 40_000_000
    "AWSDataTransfer" "AWS Data Transfer" "Data Transfer" Transfer "AWS-Out-Bytes" "InterRegion" "GB"
        "GB data transfer to another region" "i-" 50_000_000
    "AmazonVPC" "Amazon Virtual Private Cloud" "VpcEndpoint" Count "VpcEndpoint-Hours" "VpcEndpoint" "Hrs"
        "VPC Endpoint Hour" "arn:aws:ec2:vpc-endpoint/vpce-" 110_000_000
    "awsconfig" "AWS Config" "Management Tools - AWS Config" Count "ConfigurationItemRecorded" "None"
        "ConfigurationItemRecorded" "configuration item recorded" "" 30_000_000
];

/// A type of machine: name, family, processors, memory, processor, network.
pub type Machine = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// Some types.
pub const MACHINES: &[Machine] = &[
    ("t3.medium", "General purpose", "2", "4 GiB", "Intel Skylake E5 2686 v5", "Up to 5 Gigabit"),
    ("t3.large", "General purpose", "2", "8 GiB", "Intel Skylake E5 2686 v5", "Up to 5 Gigabit"),
    ("m5.large", "General purpose", "2", "8 GiB", "Intel Xeon Platinum 8175", "Up to 10 Gigabit"),
    ("m5.xlarge", "General purpose", "4", "16 GiB", "Intel Xeon Platinum 8175", "Up to 10 Gigabit"),
    ("m6i.2xlarge", "General purpose", "8", "32 GiB", "Intel Xeon 8375C (Ice Lake)", "Up to 12.5 Gigabit"),
    ("c6g.large", "Compute optimized", "2", "4 GiB", "AWS Graviton2 Processor", "Up to 10 Gigabit"),
    ("c5.4xlarge", "Compute optimized", "16", "32 GiB", "Intel Xeon Platinum 8124M", "Up to 10 Gigabit"),
    ("r5.large", "Memory optimized", "2", "16 GiB", "Intel Xeon Platinum 8175", "Up to 10 Gigabit"),
    ("r6g.xlarge", "Memory optimized", "4", "32 GiB", "AWS Graviton2 Processor", "Up to 10 Gigabit"),
    ("g4dn.xlarge", "GPU instance", "4", "16 GiB", "Intel Xeon Family", "Up to 25 Gigabit"),
];

/// A region: id, prefix of usage types, name.
pub type Region = (&'static str, &'static str, &'static str);

/// Some regions.
pub const REGIONS: &[Region] = &[
    ("eu-central-1", "EUC1-", "EU (Frankfurt)"),
    ("eu-west-1", "EU-", "EU (Ireland)"),
    ("eu-central-2", "EUC2-", "Europe (Zurich)"),
    ("us-east-1", "", "US East (N. Virginia)"),
    ("us-west-2", "USW2-", "US West (Oregon)"),
    ("ap-southeast-1", "APS1-", "Asia Pacific (Singapore)"),
    ("ap-south-1", "APS3-", "Asia Pacific (Mumbai)"),
    ("sa-east-1", "SAE1-", "South America (Sao Paulo)"),
];

/// A line type of a Cost and Usage Report, and its type of bill.
pub type LineType = (&'static str, &'static str);

pub const USAGE: LineType = ("Usage", "Anniversary");
pub const DISCOUNTED: LineType = ("DiscountedUsage", "Anniversary");
pub const COVERED: LineType = ("SavingsPlanCoveredUsage", "Anniversary");
pub const NEGATION: LineType = ("SavingsPlanNegation", "Anniversary");
/// What a bill has few lines of; those of the second list are given back.
pub const RARE: &[LineType] = &[
    ("Tax", "Anniversary"),
    ("Tax", "Anniversary"),
    ("Fee", "Purchase"),
    ("RIFee", "Anniversary"),
    ("SavingsPlanRecurringFee", "Anniversary"),
    ("SavingsPlanUpfrontFee", "Purchase"),
    ("Credit", "Anniversary"),
    ("Credit", "Anniversary"),
    ("Refund", "Refund"),
    ("BundledDiscount", "Anniversary"),
    ("EdpDiscount", "Anniversary"),
];
/// Line types of negative cost.
pub const GIVEN_BACK: &[&str] =
    &["SavingsPlanNegation", "Credit", "Refund", "BundledDiscount", "EdpDiscount"];

/// Who pays: account id, seller, legal entity, currency.
pub type Payer = (&'static str, &'static str, &'static str, &'static str);

/// The payers of the accounts; one of them buys from another seller in another currency.
pub const PAYERS: &[Payer] = &[
    ("100000000001", "AWS", "Amazon Web Services EMEA SARL", "USD"),
    ("100000000002", "AWS", "Amazon Web Services, Inc.", "USD"),
    ("100000000003", "AISPL", "Amazon Web Services India Private Limited", "INR"),
];

pub const COMPONENTS: &[&str] = &[
    "k8s-cluster",
    "K8s-Cluster",
    "k8s_cluster",
    "shop-database",
    "Shop Database",
    "mail",
    "mail ",
    "search",
    "payment",
    "Payment",
    "logging",
    "metrics",
    "gateway",
    "identity",
    "Identity",
    "reports",
    "archive",
    "queue",
    "cache",
    "batch",
];
pub const APPLICATIONS: &[&str] = &[
    "Shop",
    "shop",
    "Shop, web",
    "Billing",
    "billing ",
    "CRM",
    "Intranet",
    "intranet",
    "Data lake",
    "Data_Lake",
    "Mobile app",
    "Partner portal",
    "Search",
    "Reporting",
];
pub const ENVIRONMENTS: &[&str] = &["prod", "Prod", "PROD", "test", "Test", "dev", "dev ", "staging"];
