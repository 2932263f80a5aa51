# 封钥（Sealkeep）的中文文本。这里的每个键在 ../en/sealkeep.ftl 中也有，由测试比对。
# 用词见 docs/architecture.md。错误代码（E-…）、命令名和文件名一律不译。

## 标签

label-error = 错误[{ $code }]：{ $what }
label-warning = 警告[{ $code }]：{ $what }
label-detail = 原因：{ $text }
label-means = 含义：{ $text }
label-todo = 处理：{ $text }

## 帮助文本的标题

help-usage = 用法：
help-commands = 命令
help-arguments = 参数
help-options = 选项
help-global-options = 所有命令通用的选项

## 命令行错误

usage-one-drive = --sanitize 每次只处理一块硬盘。
usage-unknown-argument = 这里没有参数“{ $arg }”。
usage-unknown-command = 没有命令“{ $command }”。
usage-missing-command = 缺少命令。
usage-missing-argument = 缺少：{ $arg }。
usage-missing-value = “{ $arg }”需要一个值。
usage-invalid-value = “{ $value }”不是“{ $arg }”的有效值（可用：{ $allowed }）。
usage-conflict = “{ $arg }”与“{ $other }”不能同时使用。
usage-other = { $problem }。
usage-suggestion = 您是不是想用“{ $it }”？
usage-alone = “-”、--range 和 --output - 只能用于单个文件，--dry-run 不能用于流。
usage-skip-hidden = --skip-existing 不能与隐藏名称一起使用：无法看出哪些已经封存。
usage-no-source = 没有指定要备份什么，这里没有，配置文件 [backup] 的 sources 里也没有。
usage-no-keep = 请指定快照，或用 --keep-… 说明要保留哪些。
usage-copy-place = 副本应在文件夹中，名称须为 UTF-8；暂不支持对象存储等其他地址。
usage-json-and-data = --json 与数据不能同时写到标准输出。

## 提问

prompt-officer-passphrase = { $path } 的口令：
prompt-passphrase = 密钥库口令：
prompt-new-passphrase = 新口令：
prompt-new-passphrase-again = 请再输入一遍：

## 帮助：程序及通用选项

cmd = 封存敏感数据，密钥另行保管，以便日后一次性在所有地方销毁
    .long = 封存文件中不含任何密钥，连加密过的密钥也没有：密钥只在密钥库里。
        先用 `sealkeep init`，再用 `sealkeep seal PATH -o OUT` 与 `sealkeep open OUT -o BACK`。
        `sealkeep tour` 在临时目录里用真实文件演示全部功能。
        退出码见 docs/exit-codes.md。
cmd--keystore = 密钥库目录 [环境变量：SEALKEEP_KEYSTORE]
cmd--cell = 根单元文件（不在密钥库目录内时指定）[环境变量：SEALKEEP_CELL]
cmd--vault = 保险库目录 [环境变量：SEALKEEP_VAULT]
cmd--passphrase-file = 从文件第一行读取口令 [环境变量：SEALKEEP_PASSPHRASE_FILE]
cmd--passphrase-fd = 从已打开的文件描述符读取口令
cmd--key-file = 用密钥文件解锁密钥库 [环境变量：SEALKEEP_KEY_FILE]
cmd--officer-key = 人员签名所用的私钥 [环境变量：SEALKEEP_OFFICER_KEY]
cmd--officer-passphrase-file = 从文件第一行读取该私钥的口令 [环境变量：SEALKEEP_OFFICER_PASSPHRASE_FILE]
cmd--purpose = 打开密钥的用途，记入账本
cmd--config = 配置文件 [默认：$XDG_CONFIG_HOME/sealkeep/config.toml]
cmd--lang = 提示语言：en 或 zh-CN [环境变量：SEALKEEP_LANG]
cmd--json = 以一份 JSON 文档输出结果
cmd--quiet = 只输出错误和警告
cmd--verbose = 输出更多过程信息
cmd--wait = 密钥库被占用时等待多少秒 [默认：5]
cmd--help = 显示帮助
cmd--version = 显示版本

## 帮助：数据命令

cmd-init = 建立密钥库
    .long = 默认用口令打开，输入两遍。加 --shares 会同时生成恢复份额：
        请把各份分别交给不同的人；口令丢失时，任意 K 份合起来即可打开密钥库。
cmd-init--suite = 密钥库自身的算法套件：aes256-gcm 或 sm4-gcm [默认：aes256-gcm]
cmd-init--new-passphrase-file = 从文件第一行读取新口令
cmd-init--new-key-file = 在此处生成密钥文件，用它打开密钥库而无需口令
cmd-init--shares = 生成 N 份恢复份额，其中任意 K 份即可打开密钥库
cmd-init--kit = 恢复份额写到此目录，每份一个文件

cmd-seal = 封存文件、目录或标准输入
    .long = 目录按文件逐个封存，在 OUT 下保持原结构，文件名后加 `.sealed`。`-` 表示标准输入或标准输出。
        报告成功之前，密钥已安全存入密钥库及其实时副本。
cmd-seal--paths = 要封存的文件或目录；`-` 表示标准输入
cmd-seal--output = 封存文件；多个输入时为目录；`-` 表示标准输出 [默认：各输入旁边]
cmd-seal--scope = 新密钥所属的范围，例如 radiology/2019/patient-0042 [默认：default]
cmd-seal--suite = aes256-gcm 或 sm4-gcm [默认：aes256-gcm]
cmd-seal--exclude = 略过符合此模式的文件；可多次使用
cmd-seal--hide-names = 以密钥编号命名封存文件，不暴露文件名和目录
cmd-seal--force = 替换已存在的输出
cmd-seal--skip-existing = 保留已存在的输出不动：用于完成中断的运行
cmd-seal--allow-nested = 允许封存已经封存过的文件
cmd-seal--dry-run = 只显示将要封存什么，不实际封存
cmd-seal--retire = 随后重新打开每个封存文件，与原文件比对，并擦除经证明的原文件
cmd-seal--yes = 与 --retire 同用：不询问
cmd-seal--method = 与 --retire 同用：覆写遍次表，见 `wipe methods` [默认：random]
cmd-seal--verify = 与 --retire 同用：回读最后一遍的全部、每一遍的全部，或十分之一 [默认：last]
cmd-seal--require = 与 --retire 同用：原文件至少要能达到什么效果才擦除 [默认：best-effort]
cmd-seal--hard-links = 与 --retire 同用：也处理另有名称（硬链接）的文件：其内容在所有名称下一并消失
cmd-seal--allow-uncopied = 与 --retire 同用：即使没有实时副本含有这些密钥也擦除
cmd-seal--journal = 与 --retire 同用：存放擦除续作日志的文件夹 [默认：密钥库路径加 `.wipe`]
cmd-seal--report = 与 --retire 同用：另将 JSON 报告写入此文件

cmd-open = 打开封存文件
    .long = 文件名、权限和时间取自封存文件内部。最后一个字节通过验证之前，
        最终文件名下不会出现任何内容。
cmd-open--paths = 封存文件或其所在目录；`-` 表示标准输入
cmd-open--output = 目录、文件，或 `-` 表示标准输出 [默认：各输入旁边]
cmd-open--range = 只打开从第 A 字节到第 B 字节之前的内容；B 可省略
cmd-open--force = 替换已存在的输出
cmd-open--skip-existing = 保留已存在的输出不动：用于完成中断的运行

cmd-inspect = 显示无需密钥即可看到的内容：套件、大小、密钥编号
cmd-inspect--paths = 封存文件；`-` 表示标准输入

cmd-check = 逐字节验证封存文件，不写出任何内容
cmd-check--paths = 封存文件或其所在目录

cmd-wipe = 原地覆写数据，并加以验证
    .long = 先勘查覆写在此处能达到什么效果，显示计划并询问，然后原地覆写，绕过缓存回读，报告只写实际看到的结果。
        全部验证通过时退出码为 0，部分只能尽力而为时为 40，有失败时为 3，什么都没有动时为 4。
cmd-wipe--paths = 文件、文件夹或块设备
cmd-wipe--survey = 只显示覆写在此处能达到什么效果
cmd-wipe--dry-run = 显示计划，不作任何改动
cmd-wipe--yes = 不询问
cmd-wipe--method = 覆写遍次表，见 `wipe methods` [默认：random]
cmd-wipe--verify = 回读最后一遍的全部、每一遍的全部，或十分之一 [默认：last]
cmd-wipe--require = 目标至少要能达到什么效果才动它 [默认：best-effort]
cmd-wipe--hard-links = 也处理另有名称（硬链接）的文件：其内容在所有名称下一并消失
cmd-wipe--in-use = 也处理正被其他程序打开的文件
cmd-wipe--whole = 连同分区表和所有分区处理整块磁盘
cmd-wipe--keep = 只覆写，保留文件和名称
cmd-wipe--free-space = 覆写这些文件夹所在文件系统的空闲空间
cmd-wipe--sanitize = 令整块硬盘以自身命令擦除：未在真实硬件上测试，至多为尽力而为
cmd-wipe--resume = 继续被中断的运行
cmd-wipe--journal = 存放续作日志的文件夹 [默认：密钥库路径加 `.wipe`]
cmd-wipe--no-journal = 不写续作日志；中断后只能从头再来
cmd-wipe--report = 另将 JSON 报告写入此文件

cmd-wipe-methods = 列出覆写方法：各遍写入什么，名称出自何处
    .long = 自定义方法写在配置文件的 [wipe.methods] 表中。

## 帮助：保险库

cmd-backup = 把文件和文件夹备份到保险库
    .long = 每个文件有自己的密钥，因此可以在所有快照、所有副本中一次销毁。未变化的文件不会重读。
        范围、分级、保管类别和主体由规则文件根据路径确定。
        有内容读不出时退出码为 3：快照中含有其余全部内容。
cmd-backup--sources = 文件或文件夹 [默认：配置文件 [backup] 中的 `sources`]
cmd-backup--files-from = 再从文件读取来源，每行一个，或用 `find -print0` 的格式；`-` 表示标准输入
cmd-backup--tag = 快照的标签；可多次使用
cmd-backup--host = 快照中本机的名称 [默认：主机名]
cmd-backup--scope-rules = 规则文件：路径属于哪个范围、分级、类别和主体
cmd-backup--scope = 没有规则匹配时的范围 [默认：default]
cmd-backup--exclude = 略过符合此模式的内容；可多次使用
cmd-backup--exclude-caches = 略过含 CACHEDIR.TAG 的文件夹里的内容
cmd-backup--exclude-larger-than = 略过更大的文件，例如 500M
cmd-backup--one-file-system = 略过来源之下挂载的其他文件系统
cmd-backup--reread = 全部重读，看上去未变化的也重读
cmd-backup--renew-destroyed = 已销毁对象的路径上又有内容时，以新密钥重新收入
cmd-backup--dry-run = 只比较和计数，不存储任何内容

cmd-snapshots = 列出快照
cmd-snapshots--host = 只列出这台机器的
cmd-snapshots--tag = 只列出带此标签的；可多次使用
cmd-snapshots--source = 只列出含此来源的
cmd-snapshots--last = 只列出最后 N 个

cmd-ls = 列出快照中的内容
cmd-ls--snapshot = 快照编号或其开头，或 latest
cmd-ls--paths = 只列出这些路径及这些文件夹里的内容
cmd-ls--recursive = 列出其下全部内容
cmd-ls--long = 同时显示权限、属主、大小和时间
cmd-ls--host = 用 latest 时：只看这台机器的
cmd-ls--tag = 用 latest 时：只看带此标签的；可多次使用
cmd-ls--source = 用 latest 时：只看含此来源的

cmd-find = 按名称、主体、范围、分级、类别或保管期满日查找对象
    .long = 默认在每台机器、每组来源的最新快照中查找。不含斜杠的模式是任意层级的名称，
        含斜杠的是绝对路径。
cmd-find--patterns = 名称的模式，例如 '*.dcm' 或 '/srv/patients/0042/**'；不指定则为全部
cmd-find--snapshot = 在此快照中查找；可多次使用
cmd-find--all = 在全部快照中查找
cmd-find--subject = 只找关于此主体的；可多次使用
cmd-find--scope = 只找此范围及其下的
cmd-find--level = 只找此分级的，例如 L4；L3+ 表示此级及以上
cmd-find--class = 只找此保管类别的
cmd-find--residency = 只找此存放地域的
cmd-find--expires-before = 只找到这一天已无需保管的，例如 2030-12-31
cmd-find--policy = 保管期限表文件
cmd-find--long = 同时显示权限、属主、大小和时间
cmd-find--host = 只在这台机器的快照中查找
cmd-find--tag = 只在带此标签的快照中查找；可多次使用
cmd-find--source = 只在含此来源的快照中查找

cmd-diff = 显示两个快照的差别
cmd-diff--old = 快照编号或其开头
cmd-diff--new = 另一快照的编号，或 latest
cmd-diff--metadata = 也显示只有属性或分类不同的内容
cmd-diff--host = 用 latest 时：只看这台机器的
cmd-diff--tag = 用 latest 时：只看带此标签的；可多次使用
cmd-diff--source = 用 latest 时：只看含此来源的

cmd-restore = 恢复快照或其中一部分
    .long = 能恢复的都会恢复。密钥已销毁的对象会逐一列出，并附其密钥留下的记录；没有其他问题时，
        退出码为 41。
cmd-restore--snapshot = 快照编号或其开头，或 latest
cmd-restore--paths = 备份时的路径，连同其下全部内容 [默认：全部]
cmd-restore--output = 恢复到此文件夹；其下建立完整路径
cmd-restore--include = 只恢复符合此模式的内容；可多次使用
cmd-restore--relative-to = 建立路径时省去此文件夹
cmd-restore--existing = 已存在的文件：refuse 拒绝、keep 保留、update 长度或时间不同时更新、replace 替换 [默认：refuse]
cmd-restore--numeric-owner = 按编号恢复属主，即使在本机名称不同
cmd-restore--dry-run = 只显示将要恢复什么，不写出任何内容
cmd-restore--host = 用 latest 时：只看这台机器的
cmd-restore--tag = 用 latest 时：只看带此标签的；可多次使用
cmd-restore--source = 用 latest 时：只看含此来源的

cmd-dump = 把快照中的一个文件写到标准输出
cmd-dump--snapshot = 快照编号或其开头，或 latest
cmd-dump--path = 备份时的文件路径
cmd-dump--host = 用 latest 时：只看这台机器的
cmd-dump--tag = 用 latest 时：只看带此标签的；可多次使用
cmd-dump--source = 用 latest 时：只看含此来源的

cmd-forget = 移除不再需要的快照
    .long = 同一机器、同样来源的快照为一组；每组中按 --keep-… 保留。没有任何一条要求保留的快照才会移除，
        最新的一个总是保留。日和周按 UTC+8 计算。移除快照不会销毁任何密钥。
cmd-forget--snapshots = 快照编号或其开头；不指定则按 --keep-… 决定
cmd-forget--keep-last = 保留最新的 N 个
cmd-forget--keep-hourly = 在有快照的 N 个小时中各保留最新的一个
cmd-forget--keep-daily = 在有快照的 N 天中各保留最新的一个
cmd-forget--keep-weekly = 在有快照的 N 周中各保留最新的一个
cmd-forget--keep-monthly = 在有快照的 N 个月中各保留最新的一个
cmd-forget--keep-yearly = 在有快照的 N 年中各保留最新的一个
cmd-forget--keep-within = 保留比最新一个早不超过此时长的全部快照，例如 1y6m、30d、12h
cmd-forget--keep-tag = 保留带此标签的；可多次使用
cmd-forget--group-by = 按什么分组：host、sources、tags，用逗号连接 [默认：host,sources]
cmd-forget--allow-empty = 没有任何一条要求保留时，也移除组中最新的一个
cmd-forget--host = 只看这台机器的
cmd-forget--tag = 只看带此标签的；可多次使用
cmd-forget--source = 只看含此来源的
cmd-forget--prune = 随后收回不再需要的空间
cmd-forget--max-unused = 与 --prune 同用：可以留下多少无用空间，因为搬移其余内容代价更大 [默认：5%]
cmd-forget--dry-run = 只显示将要移除什么，不实际移除

cmd-prune = 收回没有快照需要的内容和已销毁对象的空间
    .long = 独占进行：等到没有其他人使用保险库。处于保全状态的对象所用的内容会保留。
cmd-prune--max-unused = 可以留下多少无用空间，因为搬移其余内容代价更大 [默认：5%]
cmd-prune--dry-run = 只显示将要做什么，不作任何改动

cmd-drill = 演练：抽样恢复到临时处，比对，并写出签名报告
    .long = 使用真实的密钥库；加 --copy 时只用该副本。也会尝试已销毁的对象，它们必须失败。
cmd-drill--copy = 届时所需副本的编号或文件夹 [默认：保险库本身]
cmd-drill--snapshot = 快照编号或其开头 [默认：latest]
cmd-drill--objects = 随机抽取多少个对象 [默认：100]
cmd-drill--sample = 随机抽取的比例，如 10%
cmd-drill--all = 全部
cmd-drill--scratch = 短暂存放明文的文件夹 [默认：/dev/shm]
cmd-drill--every = 多少天之后应再次演练 [默认：30]
cmd-drill--host = 用 latest 时：只看这台机器的
cmd-drill--tag = 用 latest 时：只看带此标签的；可多次使用
cmd-drill--source = 用 latest 时：只看含此来源的

cmd-copy = 管理保险库的副本
cmd-copy-add = 登记一个文件夹为副本，并使其同步
cmd-copy-add--place = 文件夹，最好在另一栋楼的另一设备上
cmd-copy-add--kind = 类型：disk（磁盘）、nas、tape（磁带）或 object（对象存储）
cmd-copy-add--serial = 序列号或标签
cmd-copy-add--level = 所存内容的最高分级（GB/T 39725），1 至 5
cmd-copy-add--location = 楼、房间、保险柜
cmd-copy-add--custodian = 责任人
cmd-copy-add--residency = 数据所在国家或地区
cmd-copy-add--sync-days = 至少每隔多少天同步一次；0 表示由人随时进行
cmd-copy-add--check-days = 至少每隔多少天检查一次；0 表示不要求
cmd-copy-add--audit-days = 至少每隔多少天盘点一次；0 表示不要求
cmd-copy-add--no-sync = 只登记
cmd-copy-list = 列出副本：何时同步、检查，有何逾期。无需密钥
cmd-copy-sync = 使副本同步；每个文件写入后都会读回
cmd-copy-sync--copies = 副本的编号或文件夹；不指定则为全部在用副本
cmd-copy-sync--anew = 在已失去副本的文件夹中重新建立副本
cmd-copy-sync--dry-run = 只显示将带来和移除的内容，不作更改
cmd-copy-check = 读取副本的每一个字节，与保险库签名的内容比对。无需密钥
cmd-copy-check--copies = 副本的编号或文件夹；不指定则为全部在用副本
cmd-copy-check--fingerprint = `vault init` 给出的指纹，保险库本身丢失时使用
cmd-copy-repair = 用另一副本修复副本，或用副本修复保险库
cmd-copy-repair--copy = 要修复的副本的编号或文件夹，或 `vault`
cmd-copy-repair--from = 该处完好的副本的编号或文件夹，或 `vault`
cmd-copy-repair--fingerprint = `vault init` 给出的指纹，保险库本身丢失时使用
cmd-copy-repair--dry-run = 只显示将修复的内容，不作更改
cmd-copy-remove = 停用副本；其去向保留在登记簿中
cmd-copy-remove--copy = 副本的编号或文件夹
cmd-copy-remove--state = 去向：retired 停用、destroyed 已销毁、lost 遗失 [默认：retired]
cmd-copy-remove--dry-run = 只显示将记录的内容，不作更改

cmd-media = 管理存有数据的一切介质的登记簿
cmd-media-add = 登记不是保险库副本的介质
cmd-media-add--kind = 类型：disk（磁盘）、nas、tape（磁带）或 object（对象存储）
cmd-media-add--serial = 序列号或标签
cmd-media-add--level = 所存内容的最高分级（GB/T 39725），1 至 5
cmd-media-add--location = 楼、房间、保险柜
cmd-media-add--custodian = 责任人
cmd-media-add--residency = 数据所在国家或地区
cmd-media-add--sync-days = 至少每隔多少天同步一次；0 表示由人随时进行
cmd-media-add--check-days = 至少每隔多少天检查一次；0 表示不要求
cmd-media-add--audit-days = 至少每隔多少天盘点一次；0 表示不要求
cmd-media-add--place = 路径或地址（如有）
cmd-media-list = 列出副本和介质。无需密钥
cmd-media-list--all = 也列出已销毁或遗失的
cmd-media-audit = 记录已盘点的介质；不指定则列出应盘点的
cmd-media-audit--ids = 介质编号
cmd-media-audit--by = 盘点人 [默认：账户名]
cmd-media-audit--not-found = 没有在应在之处找到
cmd-media-audit--note = 备注
cmd-media-set = 更改副本或介质的登记内容
cmd-media-set--id = 编号
cmd-media-set--kind = 类型：disk（磁盘）、nas、tape（磁带）或 object（对象存储）
cmd-media-set--serial = 序列号或标签
cmd-media-set--level = 所存内容的最高分级（GB/T 39725），1 至 5
cmd-media-set--location = 楼、房间、保险柜
cmd-media-set--custodian = 责任人
cmd-media-set--residency = 数据所在国家或地区
cmd-media-set--sync-days = 至少每隔多少天同步一次；0 表示由人随时进行
cmd-media-set--check-days = 至少每隔多少天检查一次；0 表示不要求
cmd-media-set--audit-days = 至少每隔多少天盘点一次；0 表示不要求
cmd-media-set--state = 去向：in-use 在用、retired 停用、destroyed 已销毁、lost 遗失
cmd-media-set--place = 路径或地址

cmd-destroy = 经签名审批销毁数据，并给出证明
cmd-destroy-request = 提出销毁申请：固定清册并签名
cmd-destroy-request--scope = 某个作用域内的全部
cmd-destroy-request--subject = 某个主体的全部（规则中的假名）
cmd-destroy-request--query = 保险库中与模式相符的（同 find）
cmd-destroy-request--snapshot = 仅该快照还保有的对象
cmd-destroy-request--path = 保险库中的文件或目录，含所有快照和各代
cmd-destroy-request--retention-due = 保存期限已届满的
cmd-destroy-request--sealed = 封存文件
cmd-destroy-request--wipe = 明文文件和目录，覆写销毁
cmd-destroy-request--device = 整个设备，覆写销毁
cmd-destroy-request--medium = 由他人物理销毁的介质，仅作记录
cmd-destroy-request--method = 覆写方法：见 wipe methods [默认：按策略]
cmd-destroy-request--unclassified = 连同保存期限无从得知的对象（快照已移除、属于别的保险库或密钥打不开）；申请中写明数量
cmd-destroy-request--vendor = 介质销毁单位
cmd-destroy-request--particle = 销毁后的颗粒尺寸
cmd-destroy-request--evidence = 照片或报告，其摘要写入清册
cmd-destroy-request--number = 申请编号（与申请表一致）
cmd-destroy-request--trigger = 触发原因（个人信息保护法第四十七条）
cmd-destroy-request--reason = 销毁原因
cmd-destroy-request--basis = 依据的法律、制度或合同
cmd-destroy-request--owner = 数据所有者
cmd-destroy-request--department = 申请部门
cmd-destroy-request--remark = 备注
cmd-destroy-request--dry-run = 只显示将列入的内容，不签名
cmd-destroy-request--yes = 不再询问，直接签名
cmd-destroy-next = 列出您现在可办理的事项并办理：在终端上逐项询问
cmd-destroy-list = 列出申请，以及下一步由谁办理
cmd-destroy-list--officer = 仅列出该人员现在可办理的
cmd-destroy-list--all = 也列出已结束的
cmd-destroy-status = 显示一份申请：声明、状态、下一步
cmd-destroy-status--request = 申请编号或摘要，写出开头即可
cmd-destroy-review = 审核清册：概要、抽样、查找
cmd-destroy-review--request = 申请编号或摘要，写出开头即可
cmd-destroy-review--packet = 改看导出的审批包；不需要密钥库
cmd-destroy-review--search = 仅显示名称或行中含有该文字的条目
cmd-destroy-review--sample = 随机显示的条目数
cmd-destroy-export = 导出审批包，供在另一台机器上审核和签名
cmd-destroy-export--request = 申请编号或摘要，写出开头即可
cmd-destroy-export--output = 审批包文件
cmd-destroy-export--names = 包含明文名称：事后须销毁该审批包
cmd-destroy-import = 提交在别处签名的声明
cmd-destroy-import--files = 声明文件
cmd-destroy-approve = 批准申请（策略规定的下一级）
cmd-destroy-approve--request = 申请编号或摘要，写出开头即可
cmd-destroy-approve--packet = 对导出的审批包签名；不需要密钥库
cmd-destroy-approve--opinion = 意见；写入声明和表格
cmd-destroy-approve--out = 把声明写入文件，不直接提交
cmd-destroy-approve--yes = 不再询问，直接签名
cmd-destroy-reject = 驳回申请
cmd-destroy-reject--request = 申请编号或摘要，写出开头即可
cmd-destroy-reject--packet = 对导出的审批包签名；不需要密钥库
cmd-destroy-reject--opinion = 意见；写入声明和表格
cmd-destroy-reject--out = 把声明写入文件，不直接提交
cmd-destroy-reject--yes = 不再询问，直接签名
cmd-destroy-withdraw = 撤回自己的申请
cmd-destroy-withdraw--request = 申请编号或摘要，写出开头即可
cmd-destroy-withdraw--packet = 对导出的审批包签名；不需要密钥库
cmd-destroy-withdraw--opinion = 意见；写入声明和表格
cmd-destroy-withdraw--out = 把声明写入文件，不直接提交
cmd-destroy-withdraw--yes = 不再询问，直接签名
cmd-destroy-cancel = 在等待期内取消申请；密钥恢复原状
cmd-destroy-cancel--request = 申请编号或摘要，写出开头即可
cmd-destroy-cancel--packet = 对导出的审批包签名；不需要密钥库
cmd-destroy-cancel--opinion = 意见；写入声明和表格
cmd-destroy-cancel--out = 把声明写入文件，不直接提交
cmd-destroy-cancel--yes = 不再询问，直接签名
cmd-destroy-resume = 恢复因有人试图使用其密钥而暂停的申请
cmd-destroy-resume--request = 申请编号或摘要，写出开头即可
cmd-destroy-resume--packet = 对导出的审批包签名；不需要密钥库
cmd-destroy-resume--opinion = 意见；写入声明和表格
cmd-destroy-resume--out = 把声明写入文件，不直接提交
cmd-destroy-resume--yes = 不再询问，直接签名
cmd-destroy-witness = 监销：对执行记录签名
cmd-destroy-witness--request = 申请编号或摘要，写出开头即可
cmd-destroy-witness--opinion = 意见；写入声明和表格
cmd-destroy-witness--yes = 不再询问，直接签名
cmd-destroy-execute = 等待期满后执行已批准的申请；中断后可继续
cmd-destroy-execute--request = 申请编号或摘要，写出开头即可
cmd-destroy-execute--dry-run = 只显示将销毁、覆写哪些内容，以及现在能否执行；不作任何更改
cmd-destroy-execute--yes = 不再询问，直接签名
cmd-destroy-inspect = 销毁安全检测：在每一处尝试打开已销毁的数据，并对结果签名
cmd-destroy-inspect--request = 申请编号或摘要，写出开头即可
cmd-destroy-inspect--backup = 另外要尝试的密钥库备份
cmd-destroy-inspect--others = 须仍能打开的其他对象的抽样数
cmd-destroy-inspect--yes = 不再询问，直接签名
cmd-destroy-certify = 出具销毁证书及 HTML、PDF、XLSX 表格
cmd-destroy-certify--request = 申请编号或摘要，写出开头即可
cmd-destroy-certify--output = 输出目录
cmd-hold = 停止除存储外的一切处理（个人信息保护法第四十七条）
cmd-hold-place = 设置封存保全
cmd-hold-place--scope = 作用域，连同其下全部
cmd-hold-place--key = 密钥
cmd-hold-place--reason = 原因
cmd-hold-place--basis = 依据的法律、命令或案号
cmd-hold-place--review-days = 多少天后复核
cmd-hold-review = 复核：仍需保全
cmd-hold-review--hold = 保全声明的摘要，写出开头即可
cmd-hold-review--review-days = 多少天后再次复核
cmd-hold-review--opinion = 意见；写入声明和表格
cmd-hold-release = 解除保全：先签名，再把文件交给其他人
cmd-hold-release--hold = 保全声明的摘要，写出开头即可
cmd-hold-release--opinion = 意见；写入声明和表格
cmd-hold-release--with = 一同签名的人员
cmd-hold-release--out = 声明文件，供 statement sign 和 statement submit 使用
cmd-hold-list = 列出保全及应复核的
cmd-break-glass = 紧急访问：打开平时不能打开的数据
cmd-break-glass-begin = 开始紧急访问：账本记录警报，事后须补充说明
cmd-break-glass-begin--scope = 作用域，连同其下全部
cmd-break-glass-begin--everything = 所有作用域
cmd-break-glass-begin--reason = 原因
cmd-break-glass-begin--hours = 持续小时数
cmd-break-glass-justify = 提交《紧急访问说明》
cmd-break-glass-justify--grant = 紧急访问声明的摘要，写出开头即可
cmd-break-glass-justify--text = 说明内容
cmd-break-glass-list = 列出紧急访问及逾期未说明的

cmd-retention = 查看保管期限
cmd-retention-due = 列出已满保管期限的内容
    .long = 列出的内容可以提请销毁；不会因为到期而自动销毁任何内容。处于保全状态的对象不在其中。
cmd-retention-due--on = 以这一天为准，例如 2030-12-31 [默认：UTC+8 的今天]
cmd-retention-due--class = 只列出此类别
cmd-retention-due--policy = 保管期限表文件 [默认：中国法规对病历等规定的期限]
cmd-retention-policy = 显示保管期限表
cmd-retention-policy--policy = 保管期限表文件 [默认：中国法规对病历等规定的期限]
cmd-retention-policy--text = 以文件格式输出内置的保管期限表，供修改使用

cmd-rules = 查看范围规则
cmd-rules-explain = 显示规则对路径的判定及所依据的规则
cmd-rules-explain--paths = 将要备份的路径；不必存在
cmd-rules-explain--scope-rules = 规则文件
cmd-rules-explain--scope = 没有规则匹配时的范围 [默认：default]
cmd-rules-explain--source = 路径所在的来源 [默认：用输入的路径与模式比较]
cmd-rules-explain--policy = 保管期限表文件

cmd-status = 显示逾期事项：备份、副本、检查、盘点、演练、复核
    .long = 有逾期事项时退出码为 42，监控程序无需读取内容。
cmd-status--max-age = 最新快照最多可以多旧，例如 26h [默认：30h]

cmd-vault = 管理整个保险库
cmd-vault-init = 在空文件夹中建立保险库
cmd-vault-init--suite = 保险库的算法套件：aes256-gcm 或 sm4-gcm [默认：与密钥库相同]
cmd-vault-init--pack-size = 库中文件的大小，以 MiB 计 [默认：32]
cmd-vault-rebuild = 用数据包和密钥库重建保险库的索引
    .long = 用于除数据包之外有内容丢失的保险库。数据包不会改动。
cmd-vault-check = 检查快照所需的内容是否齐全
cmd-vault-check--read-data = 同时读取每一个字节
cmd-vault-check--sample = 随机抽取一部分读取，例如 10%

## 帮助：密钥

cmd-key = 查看密钥并改变其状态
cmd-key-list = 列出密钥
cmd-key-list--scope = 只列出此范围的密钥
cmd-key-list--state = 只列出处于此状态的密钥
cmd-key-list--uncopied = 只列出密钥库副本中还没有的密钥
cmd-key-list--limit = 最多列出多少个
cmd-key-show = 显示密钥：范围、状态、日期、标签
cmd-key-show--keys = 密钥编号，或带有该编号的封存文件
cmd-key-suspend = 暂停密钥：恢复之前不能打开任何文件
cmd-key-suspend--keys = 密钥编号，或带有该编号的封存文件
cmd-key-resume = 恢复暂停的密钥
cmd-key-resume--keys = 密钥编号，或带有该编号的封存文件
cmd-key-deactivate = 停用密钥：可打开已封存的文件，不再封存新文件
cmd-key-deactivate--keys = 密钥编号，或带有该编号的封存文件
cmd-key-compromise = 标记密钥已泄露或疑似泄露
cmd-key-compromise--keys = 密钥编号，或带有该编号的封存文件
cmd-key-rotate = 更换保护数据密钥的密钥；封存文件保持不变
cmd-key-rotate--scope = 只更换此范围的密钥；否则更换根密钥和所有范围
cmd-key-level = 为范围定级（GB/T 39725）：由谁批准销毁、谁可打开由此决定
cmd-key-level--scope = 范围
cmd-key-level--level = 级别，1 至 5；政策生效后只升不降

## 帮助：密钥库

cmd-keystore = 管理密钥库：保管方式、副本、恢复
cmd-keystore-status = 显示密钥库状态，尽可能不解锁
cmd-keystore-check = 读取并验证密钥库的全部内容
cmd-keystore-passwd = 更换打开密钥库的方式
    .long = 除非加 --add，此前打开密钥库的方式从此失效。有人先前复制过的根单元
        仍可按原来的方式打开。
cmd-keystore-passwd--new-passphrase-file = 从文件第一行读取新口令
cmd-keystore-passwd--new-key-file = 在此处生成密钥文件，用它打开密钥库而无需口令
cmd-keystore-passwd--shares = 重新生成 N 份恢复份额（任意 K 份可用）；旧份额失效
cmd-keystore-passwd--kit = 恢复份额写到此目录，每份一个文件
cmd-keystore-passwd--add = 另一类口令或密钥文件继续有效
cmd-keystore-recover = 用恢复份额打开密钥库，并设置新的口令或密钥文件
cmd-keystore-recover--share-files = 份额文件，每个文件一份
cmd-keystore-recover--new-passphrase-file = 从文件第一行读取新口令
cmd-keystore-recover--new-key-file = 在此处生成密钥文件，用它打开密钥库而无需口令
cmd-keystore-recover--shares = 重新生成 N 份恢复份额（任意 K 份可用）；旧份额失效
cmd-keystore-recover--kit = 恢复份额写到此目录，每份一个文件
cmd-keystore-drill-shares = 演练恢复份额：证明份额可用，但不打开任何内容
cmd-keystore-drill-shares--share-files = 份额文件，每个文件一份
cmd-keystore-restore = 从副本重建密钥库
    .long = 新密钥库建在 --keystore（及 --cell）所指位置，并开始新的一代；
        已销毁的密钥不会复活。
cmd-keystore-restore--from = 副本目录
cmd-keystore-restore--from-cell = 副本的根单元文件（不在副本目录内时指定）
cmd-keystore-restore--evidence = 可能知道后来销毁情况的其他副本或主密钥库残留
cmd-keystore-restore--accept-loss = 即使已知有更新的状态也恢复；此副本之后的内容将丢失
cmd-keystore-copy = 管理密钥库的副本
cmd-keystore-copy-add = 登记一个目录作为副本并立即同步
cmd-keystore-copy-add--path = 副本目录，最好在另一台设备上
cmd-keystore-copy-add--copy-cell = 副本的根单元放在哪里 [默认：副本目录内]
cmd-keystore-copy-add--manual = 只在执行 `keystore copy sync` 时同步，而不是每次封存时
cmd-keystore-copy-add--warn-only = 副本不可达时只警告，不拒绝报告成功
cmd-keystore-copy-add--timeout = 副本最多可用多少秒
cmd-keystore-copy-list = 列出副本
cmd-keystore-copy-sync = 同步副本
cmd-keystore-copy-sync--paths = 副本目录；省略则为全部
cmd-keystore-copy-check = 验证副本与密钥库内容一致
cmd-keystore-copy-check--paths = 副本目录；省略则为全部
cmd-keystore-copy-remove = 取消登记副本
cmd-keystore-copy-remove--path = 副本目录

## Help: officers, policy, statements

cmd-officer = 人员：谁可以决定密钥的去留
cmd-officer-new = 生成签名用私钥：openssl 可读的加密文件
cmd-officer-new--file = 新文件
cmd-officer-new--suite = aes256-gcm：Ed25519；sm4-gcm：SM2 [默认：密钥库的套件]
cmd-officer-init = 设立首批人员和首份制度，仅一次；全部授权人员签名
cmd-officer-init--list = 人员名单：TOML 文件，每人一个 [[officer]]，含 id、name、person、roles、key
cmd-officer-init--policy = 制度 [默认：`sealkeep policy default` 输出的内容]
cmd-officer-init--output = 把声明写入此新文件供他人签名，而不提交
cmd-officer-init--dry-run = 只显示将要声明的内容，不做任何事
cmd-officer-enroll = 登记人员
cmd-officer-enroll--file = 该人员：含一个 [[officer]] 的 TOML 文件
cmd-officer-enroll--replaces = 同一人原来的编号，随之撤销
cmd-officer-enroll--with = 须一同签名的另一名人员；可多次给出
cmd-officer-enroll--output = 把声明写入此新文件供他人签名，而不提交
cmd-officer-enroll--dry-run = 只显示将要声明的内容，不做任何事
cmd-officer-qualify = 记录人员资质
cmd-officer-qualify--id = 人员编号
cmd-officer-qualify--number = 资质证书编号
cmd-officer-qualify--until = 最后有效日（2026-01-31）
cmd-officer-qualify--with = 须一同签名的另一名人员；可多次给出
cmd-officer-qualify--output = 把声明写入此新文件供他人签名，而不提交
cmd-officer-qualify--dry-run = 只显示将要声明的内容，不做任何事
cmd-officer-suspend = 暂停人员签名
cmd-officer-suspend--id = 人员编号
cmd-officer-suspend--reason = 原因
cmd-officer-suspend--output = 把声明写入此新文件供他人签名，而不提交
cmd-officer-suspend--dry-run = 只显示将要声明的内容，不做任何事
cmd-officer-reinstate = 恢复被暂停的人员
cmd-officer-reinstate--id = 人员编号
cmd-officer-reinstate--with = 须一同签名的另一名人员；可多次给出
cmd-officer-reinstate--output = 把声明写入此新文件供他人签名，而不提交
cmd-officer-reinstate--dry-run = 只显示将要声明的内容，不做任何事
cmd-officer-revoke = 撤销人员，不可恢复
cmd-officer-revoke--id = 人员编号
cmd-officer-revoke--reason = 原因
cmd-officer-revoke--compromised = 私钥可能已为他人所有
cmd-officer-revoke--output = 把声明写入此新文件供他人签名，而不提交
cmd-officer-revoke--dry-run = 只显示将要声明的内容，不做任何事
cmd-officer-leaver = 声明人员离职；72 小时内须撤销
cmd-officer-leaver--id = 人员编号
cmd-officer-leaver--left = 离职日（2026-01-31）[默认：此刻]
cmd-officer-leaver--output = 把声明写入此新文件供他人签名，而不提交
cmd-officer-leaver--dry-run = 只显示将要声明的内容，不做任何事
cmd-officer-list = 列出人员，并提示逾期未撤销者和资质过期者
cmd-officer-show = 显示一名人员
cmd-officer-show--id = 人员编号
cmd-policy = 制度：须经谁同意，须等多久
cmd-policy-show = 输出现行制度
cmd-policy-check = 检查制度的错误和薄弱之处
cmd-policy-check--file = 制度文件，TOML
cmd-policy-explain = 说明某一数据级别的要求
cmd-policy-explain--level = L1 至 L5，或 0 表示未分级
cmd-policy-explain--file = 尚未生效的制度 [默认：现行制度]
cmd-policy-default = 输出可作起点的制度
cmd-policy-set = 使制度生效
cmd-policy-set--file = 制度文件，TOML；版本号须更高
cmd-policy-set--with = 须一同签名的另一名人员；可多次给出
cmd-policy-set--output = 把声明写入此新文件供他人签名，而不提交
cmd-policy-set--dry-run = 只显示将要声明的内容，不做任何事
cmd-statement = 人员声明：查看、签名、提交
cmd-statement-show = 显示声明内容；不判断签名
cmd-statement-show--file = 声明文件
cmd-statement-show--suite = 所属密钥库的套件 [默认：本机密钥库的套件]
cmd-statement-sign = 在他人发起的声明上签名；无需密钥库
cmd-statement-sign--file = 声明文件
cmd-statement-sign--id = 签名者编号
cmd-statement-sign--output = 新文件
cmd-statement-submit = 提交已由各方签名的声明
cmd-statement-submit--file = 声明文件
cmd-statement-submit--inventory = 所涉申请的清册
cmd-statement-clock = 时钟警报之后声明账本时间正确；在此之前不执行任何销毁
cmd-statement-clock--opinion = 查明的情况；写入声明
cmd-statement-clock--with = 须一同签名的另一名人员；可多次给出
cmd-statement-clock--output = 把声明写入此新文件供他人签名，而不提交
cmd-statement-clock--dry-run = 只显示将要声明的内容，不做任何事

## 帮助：销毁证明

cmd-certificate = 核验、查看、打印销毁证明；不需要密钥库
cmd-certificate-verify = 离线核验销毁证明所说的一切
    .long = 不给出 --trust 时，只能说明证明完整、其中一切相互吻合，不能说明它属于谁：任何人都能建一个密钥库。
        请另行向该单位取得创世声明的摘要。docs/guide/auditing.md 说明如何只用 openssl 和 python 作同样的核验。
cmd-certificate-verify--file = 证明文件；'-' 表示标准输入
cmd-certificate-verify--trust = 另行取得的密钥库创世声明摘要：64 位十六进制数字
cmd-certificate-show = 显示一份成立的证明的内容
cmd-certificate-show--file = 证明文件；'-' 表示标准输入
cmd-certificate-show--trust = 另行取得的密钥库创世声明摘要：64 位十六进制数字
cmd-certificate-show--checkpoint = 只显示其中的账本检查点，供 `sealkeep ledger check --against -` 使用
cmd-certificate-render = 由一份成立的证明生成中英文表格：申请表、清册、证明
cmd-certificate-render--file = 证明文件；'-' 表示标准输入
cmd-certificate-render--trust = 另行取得的密钥库创世声明摘要：64 位十六进制数字
cmd-certificate-render--html = 把全部表格写成一个 HTML 页面，按 A4 打印
cmd-certificate-render--pdf = 把全部表格写成 PDF；阅读器需自带中文字体
cmd-certificate-render--xlsx = 把含全部条目的清册写成工作簿
## Help: the ledger

cmd-ledger = 查看密钥经历了什么，并加以证明
cmd-ledger-log = 列出账本条目
cmd-ledger-log--class = 只列此类条目
cmd-ledger-log--operation = 只列此操作
cmd-ledger-log--who = 只列此账号所为
cmd-ledger-log--key = 只列与此密钥（或此编号的范围）有关的
cmd-ledger-log--scope = 只列与此作用域及其下各级有关的
cmd-ledger-log--since = 只列此时刻起的（2026-11-22，或 2026-11-22T08:00:00Z）
cmd-ledger-log--until = 只列此时刻之前的
cmd-ledger-log--last = 只列最后 N 条
cmd-ledger-check = 重新计算整个账本并比对
    .long = 另处保存的旧检查点，可发现拥有打开密钥库全部手段的人所作的改动。
cmd-ledger-check--against = 以前生成的检查点；账本必须仍包含它
cmd-ledger-checkpoint = 对账本当前状态签名
    .long = 请把检查点存放在密钥库管理员不能更改之处，并请见证人签名。
cmd-ledger-checkpoint--output = 写入此新文件
cmd-ledger-prove = 证明某条目在账本中
cmd-ledger-prove--entry = 条目编号
cmd-ledger-prove--output = 把证明写入此新文件
cmd-ledger-export = 写出条目及其证明，每行一个 JSON 对象，供日志服务器或审计人员使用
cmd-ledger-export--from = 只从此条目起
cmd-ledger-export--output = 新文件

## 帮助：程序本身

cmd-tour = 在临时目录里用真实文件看全部功能
cmd-tour--path = 您的文件或目录，只读取不修改 [默认：本项目的文档]
cmd-tour--keep = 把全部内容保留在这个新目录中以便查看
cmd-completions = 输出 shell 补全脚本
cmd-completions--shell = shell 名称
cmd-man = 输出手册页
cmd-man--dir = 改为把所有手册页写入此目录

## 错误：发生了什么、意味着什么、怎么办

E-IO = { $subject }：系统报告错误
    .means = 文件或设备未能正常工作。
    .todo = 查看上面的原因，排除后重新执行命令。
E-UNEXPECTED = 发生了不应发生的情况：{ $subject }
    .means = 这是封钥或其下层系统的错误。您的数据未被改动。
    .todo = 请附上完整命令及加 --verbose 后的输出，向开发者报告。
E-CHANGED = { $subject } 在读取过程中被修改
    .means = 封存结果会是新旧内容的混合，因此没有保留。
    .todo = 请在无人写入时重新封存，或封存快照。
E-JOURNAL = 续作日志 { $subject } 无法读取
    .means = 它已损坏，或由其他版本写成。所属的运行无法自行继续。
    .todo = 请重新擦除那次运行的目标，然后删除该日志。
E-USAGE = { $subject }
    .means = 无法理解命令行；什么也没有做。
    .todo = 在同一命令后加 --help 查看用法。
E-CONFIG = { $subject } 不是有效的配置文件
    .means = 为避免漏掉设置，什么也没有做。
    .todo = 更正上面指出的行；可用字段见 docs/guide/configuration.md。
E-SCOPE = “{ $subject }”不是有效的范围名
    .means = 范围名为 1 到 255 字节，各部分以“/”分隔，不能为空、“.”或“..”。
    .todo = 请使用类似 radiology/2019/patient-0042 的名称。
E-SCOPE-UNKNOWN = 没有范围“{ $subject }”
    .means = 从未在此范围建立过密钥，或该范围已连同名称一起销毁。
    .todo = 用 `sealkeep key list` 查看现有内容。
E-PATTERN = “{ $subject }”不是有效的模式
    .means = 为避免处理错误的文件，什么也没有做。
    .todo = 请使用类似 '*.tmp' 或 'cache/**' 的模式。
E-RULES = { $subject } 不是有效的范围规则文件
    .means = 什么都没有做，因为文件可能被归入错误的范围。
    .todo = 请更正上面指出的行；`sealkeep rules explain` 显示规则对路径的判定。
E-POLICY = { $subject } 不是有效的保管期限表
    .means = 什么都没有做，因为期限可能被当作比实际更短。
    .todo = 请更正上面指出的行；`sealkeep retention policy --text` 输出一份有效的期限表。
E-SNAPSHOT-UNKNOWN = 没有快照“{ $subject }”
    .means = 没有编号以此开头的快照；若是 latest，则没有符合条件的已完成快照。
    .todo = 用 `sealkeep snapshots` 列出现有快照。
E-SNAPSHOT-AMBIGUOUS = 有多个快照以“{ $subject }”开头
    .means = 什么都没有做。
    .todo = 请多输入几位编号。
E-RANGE = 区间 { $subject } 不合适
    .means = 区间为 A-B，单位为内容的字节，A 不大于 B,B 不超过结尾。
    .todo = 请给出内容之内的区间；省略 B 则读到结尾。
E-METHOD = 没有名为 { $subject } 的方法
    .means = 什么也没有做。
    .todo = `sealkeep wipe methods` 列出全部方法；自定义方法写在配置文件中。
E-NAMED-TWICE = { $subject } 被指定了两次，或位于另一目标之内
    .means = 什么也没有做。
    .todo = 每个目标只指定一次。
E-IS-LINK = { $subject } 是符号链接
    .means = 什么也没有做：链接本身和它指向的内容都不会被当作所指的目标。
    .todo = 请直接指定它所指向的目标。文件夹中的链接会被移除，但绝不跟随。
E-NOT-SEEKABLE = { $subject } 不能按位置读取
    .means = 按区间打开需要文件：必须先验证结尾才能给出中间内容。
    .todo = 先把输入保存为文件，或打开全部内容。
E-KEY-ID = “{ $subject }”既不是密钥编号，也不是封存文件
    .means = 密钥编号是 32 位十六进制数字。
    .todo = 从 `sealkeep inspect` 或 `sealkeep key list` 取得编号，或直接给出封存文件。
E-NO-PASSPHRASE = 没有口令
    .means = 密钥库需要口令，而这里没有终端可以询问，或来源中没有口令。
    .todo = 请使用 --passphrase-file、--passphrase-fd 或 --key-file。
E-PASSPHRASES-DIFFER = 两次输入的口令不同
    .means = 什么也没有改变。
    .todo = 重新执行命令，两次输入相同的口令。
E-PASSPHRASE-EMPTY = 口令为空
    .means = 空口令起不到保护作用；什么也没有改变。
    .todo = 请选用由几个词组成的口令。
E-NO-CUSTODY = 没有任何方式能打开这个密钥库
    .means = 谁也打不开的密钥库毫无用处。
    .todo = 请提供口令、密钥文件或恢复份额。
E-NOT-KEY-FILE = { $subject } 不是密钥文件
    .means = 密钥文件由 `sealkeep init --new-key-file` 生成；其他文件不能充当密钥。
    .todo = 请指定正确的文件。
E-NO-OFFICER-KEY = 未指定人员私钥
    .means = 声明须用人员自己的私钥签名。
    .todo = 用 --officer-key 或 SEALKEEP_OFFICER_KEY 指定。`sealkeep officer new` 可生成。
E-NOT-OFFICER-KEY = { $subject } 不是人员私钥
    .means = 人员私钥是加密的 PKCS#8（PEM），算法为 Ed25519 或 SM2。
    .todo = 请指定正确的文件。`sealkeep officer new` 可生成。
E-OFFICER-LOCKED = 口令打不开 { $subject }
    .means = 口令错误，或文件已损坏。
    .todo = 请重试。口令遗失时只能登记新的私钥替换，谁也无法代为恢复。
E-OFFICER-LIST = { $subject } 不是人员名单
    .means = 未做任何事。
    .todo = 每人写一个 [[officer]]，含 id、name、person、roles、key；按上面所指的行修改。
E-OFFICER-UNKNOWN = 没有人员 { $subject }
    .means = 从未有人以此编号登记。
    .todo = 用 `sealkeep officer list` 查看。
E-BAD-POLICY = { $subject } 不是可以生效的制度
    .means = 未做任何改动。
    .todo = 修改上面所指的项；`sealkeep policy default` 可输出有效的制度。
E-DESTROY-PARTIAL = 申请 { $subject } 仅部分销毁
    .means = 密钥已永久销毁。部分应覆写的内容未能覆写，详见执行记录。不会出具销毁完成证书。
    .todo = 查看 `sealkeep destroy status`，对剩余部分重新提出申请。
E-INSPECTION = 申请 { $subject } 的销毁安全检测未通过
    .means = 某处仍能打开已销毁的数据，或应能打开的数据打不开。位置见上。
    .todo = 更新或停用上面列出的副本，然后重新检测。
E-NO-OFFICERS = 尚未登记任何人员
    .means = 首批人员登记仪式之前，任何人都无法审批。
    .todo = 用 `sealkeep officer init` 举行登记仪式。
E-NOT-AN-OFFICER = { $subject } 不是本密钥库登记的人员
    .means = 该私钥或标识未在此登记。
    .todo = 用 `sealkeep officer list` 查看已登记人员。
E-STATEMENT = 不予接受：{ $subject }
    .means = 策略或职责分离规则目前不允许该声明。未作任何更改。
    .todo = 用 `sealkeep destroy status` 查看申请的下一步，用 `sealkeep policy explain` 查看谁可办理。
E-NOT-A-STATEMENT = { $subject } 不是已签名的声明
    .means = 它不是声明、已被改动，或缺少签名。
    .todo = 请重新签名或指定正确的文件。
E-PACKET = 审批包 { $subject } 内容不一致
    .means = 它被改动过，或不是审批包。未作签名。
    .todo = 请重新导出。
E-REQUEST-UNKNOWN = 没有申请 { $subject }
    .means = 没有该编号或摘要的申请。
    .todo = 用 `sealkeep destroy list --all` 查看。
E-REQUEST-AMBIGUOUS = 有多份申请以 { $subject } 开头
    .means = 无法确定所指的是哪一份。
    .todo = 请多写几位编号或摘要。
E-HOLD-UNKNOWN = 找不到唯一的保全 { $subject }
    .means = 没有或有多个以此开头；至少写四位。
    .todo = 用 `sealkeep hold list` 查看。
E-GRANT-UNKNOWN = 找不到唯一的紧急访问 { $subject }
    .means = 没有或有多个以此开头；至少写四位。
    .todo = 用 `sealkeep break-glass list` 查看。
E-MUST-BE-KEPT = 其中有必须保留的：{ $subject }
    .means = 处于保全中、保存期限未满或无从得知，或另有申请待销毁。未固定清册。
    .todo = 请排除该部分或等待。无论何种原因，法定最短期限不得缩短。
E-NOTHING-FOUND = 没有找到可销毁的内容
    .means = 指定的范围内没有对象，或均已销毁。
    .todo = 用 `sealkeep find` 和 `sealkeep key list` 查看。
E-INVENTORY = 申请清册与签名的不一致
    .means = 密钥库旁 `requests` 目录中的文件被改动或丢失。申请无法继续；已销毁的不会恢复。
    .todo = 从备份恢复这些文件，或重新申请。
E-REQUEST-FILE = 缺少申请的文件：{ $subject }
    .means = 申请的文件存放在密钥库旁的 `requests` 目录中。缺少它，申请无法继续；已销毁的不会恢复。
    .todo = 密钥库的副本中也有（`requests` 目录），从那里复制回来。丢失的清册在该申请的每个审批包中也有（见销毁指南第十节）。
E-STALE = 第 { $subject } 项与清册不符
    .means = 清册固定后，它被改动、保全、销毁，或其作用域新增了密钥。
    .todo = 请取消或撤回申请，重新申请。
E-NOT-EXECUTED = 申请 { $subject } 尚未执行
    .means = 监销人和检测人是对执行结果签名。
    .todo = 用 `sealkeep destroy status` 查看进度。
E-NOT-CERTIFIED = 未出具证书
    .means = 证书所需的内容缺失或不成立，见上一行。
    .todo = 用 `sealkeep destroy status` 查看缺少什么。部分销毁的不会出具证书。
E-PURPOSE = 策略要求说明打开数据的目的
    .means = 未打开任何数据。
    .todo = 用 --purpose 或 SEALKEEP_PURPOSE 说明。
E-RESTRICTED = 密钥 { $subject } 受策略限制
    .means = 该级别的数据仅可紧急访问。
    .todo = 用 `sealkeep break-glass begin` 开始紧急访问；会触发警报，事后须说明。
E-SCOPE-PENDING = 作用域 { $subject } 待销毁
    .means = 已批准的申请将整体销毁该作用域，不再接收新密钥。
    .todo = 等待执行，或取消该申请。
E-PARTIAL = 部分内容失败（{ $subject }）
    .means = 其余都已完成且完好；只缺上面列出的内容。
    .todo = 排除上面列出的问题后，对这些文件重新执行命令。
E-WIPE-FAILED = { $subject } 未能完全擦除
    .means = 有的部分写不进去，或读回的与写入的不同。旧内容可能仍有残留。
    .todo = 请保存报告，检查介质；若其中有必须销毁的内容，请物理销毁该介质。
E-NOT-IN-PLACE = { $subject } 没有被原地覆写
    .means = 文件系统写到了别的块；旧块中可能仍有内容。
    .todo = `sealkeep wipe --survey` 说明原因。请先删除快照和副本，再擦除空闲空间或整个设备。
E-NOT-EMPTY = 其间有内容进入 { $subject }
    .means = 该文件夹及其中现有的内容都保留；原先的内容已擦除。
    .todo = 请查明是谁在写入，然后重新擦除。
E-EXISTS = { $subject } 已存在
    .means = 没有改动它。
    .todo = 请换一个名称，或在命令支持时用 --force。
E-OUTPUT-EXISTS = { $subject } 的输出已存在
    .means = 没有改动它。
    .todo = 请选择别的输出；用 --skip-existing 保留它，或用 --force 替换。
E-ALREADY-SEALED = { $subject } 已经封存过
    .means = 再次封存后需要两把密钥才能打开。
    .todo = 略过它；如确有需要，请加 --allow-nested。
E-TERMINAL = 输出是二进制内容，而目标是终端
    .means = 二进制内容会扰乱甚至控制终端；没有写出任何内容。
    .todo = 用 -o FILE 写入文件，或接到管道。
E-ONE-OUTPUT = { $subject } 需要单独的输出
    .means = 多个输入，或没有名称的输入，会写到同一位置。
    .todo = 多个输入请给出目录；没有名称的输入请给出文件名。
E-OUTPUT-INSIDE = 输出 { $subject } 位于输入之内
    .means = 输出会变成输入。
    .todo = 请选择所读目录之外的输出。
E-ESCAPES = { $subject } 会写到输出目录之外
    .means = 输出目录中有符号链接指向外部；没有通过它写入任何内容。
    .todo = 请使用空的输出目录。
E-MIRROR-TAKEN = 目录 { $subject } 无法按原结构存放
    .means = 其输出目录会与上级目录或同级文件的封存文件同名。其中内容均未封存。
    .todo = 请重命名该目录、用 --exclude 略过，或使用 --hide-names 封存。
E-NOT-REGULAR = { $subject } 不是普通文件、目录或符号链接
    .means = 设备、管道和套接字里没有可作为文件封存的内容。
    .todo = 如要封存管道传来的内容，请用标准输入：`… | sealkeep seal - -o OUT`。
E-TOO-LONG = { $subject } 太长，一个封存文件放不下
    .means = 格式最多容纳 2^32 个段。
    .todo = 请拆分内容。
E-KEY-TRANSITION = 密钥 { $subject } 不能变为该状态
    .means = 密钥只能按 SP 800-57 的路径改变状态；已销毁的密钥不会恢复。
    .todo = 用 `sealkeep key show` 查看其状态。
E-STORE-EXISTS = { $subject } 处已有内容
    .means = 没有改动它：密钥库绝不会被覆盖。
    .todo = 请选择别的 --keystore 和 --cell。
E-WIPE-REFUSED = 什么都没有动 { $subject }
    .means = 每个目标的勘查结果都不允许覆写。
    .todo = 请看勘查结果。`--require nothing`、`--hard-links`、`--in-use`、`--whole` 各放宽一项限制。
E-NOT-CONFIRMED = 未经确认，什么都没有动 { $subject }
    .means = 签名、擦除、销毁均不可撤销，必须有人确认才会执行。
    .todo = 请在终端输入所要求的内容，脚本中请用 `--yes`。
E-NO-SANITIZE = { $subject } 无法以自身命令擦除
    .means = 它不是整块 NVMe、ATA 或 SCSI 硬盘，或硬盘未列出此命令。什么都没有动。
    .todo = 请改试 block-erase、crypto-erase、overwrite 中的另一种，或不带 `--sanitize` 擦除该设备。
E-OTHER-TARGET = { $subject } 已不是勘查过的那一个
    .means = 那里现在是另一个文件，或它变长了，或其后又发现了新情况。此后没有再动它。
    .todo = 请查明是谁在写入，然后重新擦除。
E-JOURNAL-INSIDE = { $subject } 位于要擦除的目标之内
    .means = 日志或报告会随之一起消失。
    .todo = 请用 `--journal` 或 `--report` 指定别处。
E-OTHER-MOUNT = { $subject } 处挂载着另一个文件系统
    .means = 没有动它，也没有动该文件夹。
    .todo = 请先卸载，或单独指定它。
E-NOT-WIPEABLE = { $subject } 不是文件、文件夹或块设备
    .means = 其中没有可以覆写的内容，或者它是整个系统的根。
    .todo = 请指定文件、文件夹或块设备。
E-RETIRE-UNCOPIED = 没有任何密钥库副本含有这些密钥，因此没有擦除任何原文件
    .means = 密钥将只存在一份：丢失该密钥库就是丢失数据。
    .todo = 请用 `sealkeep keystore copy add DIR` 添加实时副本，或恢复其可用，再加 --skip-existing 重新执行命令。`--allow-uncopied` 表示不要求副本。
E-RETIRE-KEYS = 打开封存文件所需的 { $subject } 位于原文件之中
    .means = 它会随之被擦除，此后什么都无法打开。没有封存或擦除任何内容。
    .todo = 请把它移到其他存储，或指定不含它的原文件。
E-RETIRE-LINK = { $subject } 是符号链接
    .means = 不会经由链接处理它所指向的内容。没有封存或擦除任何内容。
    .todo = 请直接指定该文件或目录。
E-SOURCE-CHANGED = { $subject } 在封存之后有改动
    .means = 已保留它：现有内容可能不在封存文件中。
    .todo = 待无人写入后，删除其封存文件，重新执行命令。
E-DIFFERS = { $subject } 的封存文件内容不同
    .means = 已保留原文件：其内容、名称、权限或时间与封存文件打开后的不一致。
    .todo = 请查明哪一个是对的。要重新封存原文件，请用 --force 或另选输出。
E-KEPT = 已保留 { $subject }：在其现有位置不予覆写
    .means = 它已封存，封存文件已证明完好；原文件完整无缺。
    .todo = 请排除障碍，或参见 `--hard-links` 与 `--require`；然后加 --skip-existing 重新执行命令。
E-NOT-FOUND = { $subject } 不存在
    .means = 没有找到该名称，或它已消失。
    .todo = 请检查名称。
E-NOTHING-TO-RESUME = { $subject } 中没有未完成的运行
    .means = 没有可以继续的任务。
    .todo = 请使用与当初相同的 `--journal` 或 `--keystore`。
E-MISSING = { $subject } 不在了
    .means = 运行开始时它还在，并且尚未处理完。它重新出现后可以继续。
    .todo = 请挂载其文件系统或恢复其名称，再次运行 `sealkeep wipe --resume`。
E-IS-DIRECTORY = { $subject } 是目录
    .means = 这里需要文件。
    .todo = 请指定文件。
E-NOT-DIRECTORY = { $subject } 不是目录
    .means = 这里需要目录。
    .todo = 请指定目录。
E-PERMISSION = 不允许访问 { $subject }
    .means = 系统不允许当前账户读写它。
    .todo = 换用有权限的账户执行，或更改权限。
E-NO-SPACE = { $subject } 所在磁盘已满
    .means = 已报告完成的确已完成；放不下的输出已删除，没有留下任何部分内容。
    .todo = 请释放空间，或选择其他磁盘作为输出。
E-NOT-SEALED = { $subject } 不是封存文件
    .means = 开头与封存文件不符；以文本模式传输也会造成这种情况。
    .todo = 请确认文件是否正确；如经过传输，请以二进制模式重新传输。
E-NOTHING-SEALED = { $subject } 中没有封存文件
    .means = 那里没有检查或打开任何内容：可能不是要找的目录，或封存文件已全部丢失。
    .todo = 请指定存放封存文件的目录。
E-VERSION = { $subject } 的封存格式是本版本不认识的
    .means = 它由更新的版本生成，或文件头已损坏。
    .todo = 请使用更新的版本，或该文件的另一份副本。
E-HEADER = { $subject } 的文件头已损坏
    .means = 文件被改动过或不是由封钥生成；没有给出其中任何内容。
    .todo = 请使用该文件的另一份副本。
E-DAMAGED = { $subject } 被改动过
    .means = 其中有部分与封存时不同。最终文件名下没有出现任何内容。
    .todo = 请使用另一份副本；可用 `sealkeep check` 找出完好的一份。
E-TRUNCATED = { $subject } 缺少结尾
    .means = 文件被截短，例如传输中断。最终文件名下没有出现任何内容。
    .todo = 请重新传输，或使用另一份副本。
E-WRONG-KEY = { $subject } 的密钥不匹配
    .means = 文件头被改动过，或密钥库给出了另一个文件的密钥。
    .todo = 请使用另一份副本，并执行 `sealkeep keystore check`。
E-CERTIFICATE = 证明 { $subject } 不成立
    .means = 它被改动、截断，或者其结论从未能由其内容推出。不能据此作任何结论。
    .todo = 原因处写明了第一项未通过的核验，--json 列出全部。请向签发方重新取得文件；若仍不成立，请其说明。
E-OTHER-GENESIS = 证明 { $subject } 属于另一个密钥库，不是您信任的那个
    .means = 其人员和政策之链始于另一份创世声明，与 --trust 给出的不同。
    .todo = 请与该单位公布的摘要核对。若抄写无误，则该证明不是他们的。
E-STORE-MISSING = { $subject } 处没有密钥库
    .means = 没有密钥库就不能封存或打开任何文件。
    .todo = 用 --keystore 指定，用 `sealkeep init` 建立，或用 `sealkeep keystore restore` 恢复。
E-LOCKED = 密钥库打不开
    .means = 口令或密钥文件不对。无法告知更多信息。
    .todo = 请重试；如已丢失，请用恢复份额执行 `sealkeep keystore recover`。
E-SHARES-REFUSED = 恢复份额被拒绝
    .means = 份额输入有误、属于另一套、重复，或数量不足。
    .todo = 请与打印的份额核对。
E-FOREIGN-CELL = { $subject } 是另一个密钥库的根单元
    .means = 根单元与密钥库必须配套。
    .todo = 用 --cell 指定正确的文件。
E-BUSY = 密钥库正被使用
    .means = 另一个进程正在使用；不能同时由两个进程修改。
    .todo = 等它完成，或用 --wait SECONDS 延长等待。
E-WIPE-BUSY = { $subject } 对应的运行仍在进行
    .means = 另一个进程正在使用它的日志。
    .todo = 请等待其结束。
E-STORE-DAMAGED = { $subject } 处的密钥库已损坏
    .means = 其文件与写入时不同。仍可读取的密钥不受影响。
    .todo = 先把目录另行复制，再执行 `sealkeep keystore check`，然后 `sealkeep keystore restore --from COPY`。
E-STORE-OLD = 密钥库与其根单元不是同一时间的
    .means = 其中之一被换成了旧的；已销毁的密钥不能因此复活。
    .todo = 放回最新的那份，或从登记的副本执行 `sealkeep keystore restore`。
E-NOT-ERASED = { $subject } 中的旧根未能擦除
    .means = 本应销毁的内容可能仍可从该介质恢复。
    .todo = 检查介质后重新执行命令。
E-COPY-UNREACHABLE = 无法访问 { $subject } 处的密钥库副本
    .means = 所作的更改（包括新密钥）已在主密钥库中，但不在此副本中，因此不报告成功。
    .todo = 恢复该副本后再次运行同一命令，或执行 `sealkeep keystore copy sync`；或用 `keystore copy remove` 取消登记。
E-COPY-UNKNOWN = 没有副本 { $subject }
    .means = 该路径下没有登记密钥库副本。
    .todo = 见 `sealkeep keystore copy list`。
E-NOT-A-COPY = { $subject } 中没有密钥库副本
    .means = 目录为空、已损坏，或属于另一个密钥库。
    .todo = 请指定 `keystore copy add` 时给出的目录。
E-COPY-DAMAGED = { $subject } 处的密钥库副本已损坏
    .means = 用它不能恢复全部内容。
    .todo = 用 `keystore copy remove` 取消登记，再添加新的副本。
E-COPY-OUTDATED = 副本 { $subject } 比已知状态旧
    .means = 之后生成的密钥会丢失。
    .todo = 请使用更新的副本。
E-VAULT-EXISTS = { $subject } 已存在且不是空文件夹
    .means = 没有动它：只在没有其他内容的地方建立保险库。
    .todo = 用 --vault 选择空的或新的文件夹。
E-NO-VAULT = 没有指定保险库 { $subject }
    .means = 什么都没有做。
    .todo = 用 --vault、SEALKEEP_VAULT 或配置文件中的 `vault` 指定；用 `sealkeep vault init` 建立。
E-VAULT-MISSING = { $subject } 处没有保险库
    .means = 什么都没有做。
    .todo = 用 --vault 指定，或用 `sealkeep vault init` 建立。若存储尚未挂载，请先挂载。
E-NOT-A-VAULT = { $subject } 不是保险库
    .means = 那里没有说明保险库的文件。
    .todo = 用 --vault 指定正确的文件夹。
E-VAULT-DAMAGED = 保险库 { $subject } 已损坏
    .means = 其中缺少内容，或内容与写入时不同。
    .todo = `sealkeep vault check --read-data` 会列出所有问题及其影响。在此之前请保持各副本原样。
E-VAULT-BUSY = 保险库 { $subject } 正被使用
    .means = 移除内容要等到没有其他人使用保险库，其他操作也要等它完成。
    .todo = 请稍后再试，或用 --wait 等待更久。
E-RESTORE-DAMAGED = 无法恢复 { $subject }：所需内容缺失或损坏
    .means = 其余内容都已恢复。密钥存在，但保险库中的内容与存入时不同。
    .todo = 用 `sealkeep copy repair vault --from COPY` 修复保险库，或用 --vault 从副本恢复。
E-VAULT-COPY-DAMAGED = 副本 { $subject } 不完整
    .means = 其中有文件缺失，或与保险库签名的内容不同；上面已逐一列出。
    .todo = 用 `sealkeep copy repair` 从其他副本或保险库修复。若再次损坏，请更换介质。
E-VAULT-OLD = 副本 { $subject } 有此保险库所不知道的状态
    .means = 保险库被退回到较早状态，或被重新建立。没有改动副本：其中可能有保险库已失去的内容。
    .todo = 请查明哪一个是正确的。若以副本为准，请从副本恢复保险库。
E-COPY-EMPTY = { $subject } 应有副本，却没有
    .means = 很可能没有挂载。没有写入任何内容。
    .todo = 请挂载。若副本确已丢失，请用 --anew 重新建立。
E-COPY-INSIDE = 副本不能放在 { $subject }
    .means = 它会在保险库之内，或保险库在它之内：一方遭遇的，另一方同样遭遇。
    .todo = 请选择另一设备上的文件夹，最好在另一建筑内。
E-OTHER-VAULT = { $subject } 属于另一个保险库
    .means = 其指纹与预期不符。未作任何更改。
    .todo = 请指定另一个文件夹，或用 --vault 指定正确的保险库。若这里本应是副本，请与 `vault init` 给出的指纹比对。
E-NOT-KEPT = { $subject } 没有保住写入的内容
    .means = 读回的内容与写入的不同。介质或其控制器有故障。
    .todo = 请更换介质，并检查其上全部内容。
E-MEDIUM-UNKNOWN = 没有登记副本或介质“{ $subject }”
    .means = 什么都没有做。
    .todo = 用 `sealkeep media list --all` 列出。
E-MEDIUM-KNOWN = { $subject } 处的副本已登记
    .means = 没有作任何改动。
    .todo = 用 `sealkeep copy list` 查看。
E-NOT-IN-SNAPSHOT = 快照中没有 { $subject }
    .means = 其中没有这个路径。已销毁对象的名称无人知晓。
    .todo = 用 `sealkeep ls` 或 `sealkeep find` 查看；路径是备份时的绝对路径。
E-NOT-A-FILE = { $subject } 在快照中不是文件
    .means = 只有文件才有可以写出的内容。
    .todo = 文件夹、链接和设备请用 `sealkeep restore` 恢复。
E-RESTORE-EXISTS = { $subject } 的位置上已有内容
    .means = 没有动它。
    .todo = 请恢复到其他文件夹，或用 --existing 说明保留、更新还是替换已有文件。
E-DRILL-FAILED = { $subject } 的演练失败
    .means = 抽样中有内容未能按备份时的样子恢复。若今天发生丢失，就会缺少它们。
    .todo = 请看上面的原因。用 `sealkeep vault check --read-data` 或 `copy check` 检查并修复，然后重新演练。
E-OBJECT-DESTROYED = { $subject } 已被销毁，却又出现了
    .means = 没有备份它：已销毁的内容不会悄悄回来。
    .todo = 请查明是谁放回的。若确要保留，请用 --renew-destroyed 备份：它会得到新密钥。
E-BACKUP-OWN = { $subject } 属于保险库或密钥库
    .means = 没有备份它：备份中的密钥将无法再销毁，保险库备份自身则没有尽头。
    .todo = 请指定其他来源。密钥库用 `sealkeep keystore copy`、保险库用 `sealkeep copy` 建立副本。
E-KEY-UNKNOWN = 密钥 { $subject } 不属于这个密钥库
    .means = 它从未在这里生成：该文件属于另一个密钥库。
    .todo = 用 --keystore 指定正确的密钥库。
E-KEY-DESTROYED = { $subject } 的密钥已销毁
    .means = 密钥已从密钥库中消失，因此此文件及其任何副本都无法再用它打开。
    .todo = 密钥库无法找回它。用 `sealkeep key show` 查看何时、凭哪份证书销毁。
E-KEY-HELD = { $subject } 的密钥已被冻结
    .means = 冻结期间任何人不得打开；存储和检查照常进行。
    .todo = 请联系设置冻结的人员。
E-KEY-LOST = { $subject } 的密钥已丢失
    .means = 它曾在这里生成，但密钥库后来由不含它的副本恢复。
    .todo = 寻找更新的密钥库副本；如果没有，该文件无法打开。
E-KEY-UNUSABLE = { $subject } 的密钥目前不可用
    .means = 它处于暂停、泄露、停用或等待销毁状态。
    .todo = 用 `sealkeep key show` 查看状态；暂停的密钥可用 `sealkeep key resume` 恢复。
E-ENTRY-UNKNOWN = 账本中没有条目 { $subject }
    .means = 条目从 0 起按发生的先后编号。
    .todo = 用 `sealkeep ledger log` 列出条目。
E-LEDGER = { $subject } 处密钥库的账本已非原样
    .means = 有条目被更改、删除或换回旧的，或者检查点属于另一个密钥库。
    .todo = 把密钥库目录另行复制，交审计人员查看，并与密钥库的副本比对。
E-UNRECORDED = 无法记录，因此未执行 { $subject }
    .means = 使用未记入账本的密钥，一律不给出。
    .todo = 使密钥库重新可写：按上述原因检查磁盘和权限。
E-ALARM = 已发出警报：{ $subject }
    .means = 一小时内打开了大量密钥，或有人要用待销毁的密钥。此事已记入账本。
    .todo = 若是您本人且理应如此，则无需处理。否则请告知安全负责人；见 `sealkeep ledger log --class alarm`。
E-HANGUP = 已停止：终端已断开
    .means = 已报告完成的确已完成；没有留下半成品。
    .todo = 请重新执行命令。
E-INTERRUPTED = 已被 Ctrl-C 停止
    .means = 已报告完成的确已完成；没有留下半成品。
    .todo = 请重新执行命令。
E-PIPE-CLOSED = 读取方已退出
    .means = 读取我们输出的程序提前结束。
    .todo = 请检查该程序。
E-TERMINATED = 已按要求停止
    .means = 已报告完成的确已完成；没有留下半成品。
    .todo = 请重新执行命令。

## 短语

yes = 是
no = 否
partial-counts = 完成 { $done } 个，失败 { $failed } 个
note-hardening = 本进程的保护状态：{ $state }
note-levels = 本机处理器上所用的密码实现：{ $levels }

## 警告

warn-shared-device = { $data } 与密钥库 { $keys } 在同一设备上。拿走或丢失该设备就同时失去两者。请把密钥库放到其他存储上。
warn-length = { $path } 的长度与任何内容都不符：它被截短或加长过。

warn-finished = 此前已开始但中断的一次销毁现已完成：{ $count } 个密钥或范围。
warn-unsettled = 崩溃遗留在根单元中的内容无法擦除：{ $reason }。密钥仍可列出；在介质恢复可写之前什么也打不开，也不能做任何更改。
warn-copy-requests = 副本 {$path} 中的销毁申请材料不是最新：{$reason}。下一条 `destroy` 命令或 `keystore copy sync` 会补上。
warn-copy-behind = { $path } 处的密钥库副本未能同步：{ $reason }
warn-unanchored = 未锚定：证明中的一切相互吻合，但没有说明这是谁的密钥库。请把创世声明摘要 { $genesis } 与该单位以其他途径告知的摘要比对，或用 --trust 给出。
warn-uncopied = 有 { $count } 个新密钥只存在于一个密钥库中。请用 `sealkeep keystore copy add` 添加副本。

warn-snapshot = 快照 { $name } 无法读取：{ $reason }
warn-own = 已跳过 { $path }：它是保管库、密钥库或其根单元。密钥与数据放在一起就起不到保护作用；密钥库有自己的副本。
warn-changed-while-read = { $path } 每次读取时都在变化；保存的内容可能混合了两个状态。
warn-attributes = { $path } 的属性 { $name } 无法读取：{ $reason }
warn-not-restored = { $what } 未能恢复：{ $path }，共 { $count } 个对象。原因：{ $reason }
warn-no-vault-copy = 保险库没有副本。丢失它就是丢失全部备份。请用 `sealkeep copy add DIR` 添加副本。
warn-copy-device = { $place } 与保险库在同一设备上：会同时丢失。
warn-not-noted = 此次检查未记入登记簿：{ $reason }
warn-class = 规则第 { $line } 行：保管期限表中没有类别“{ $class }”。属于它的内容永远不会到期。
warn-class-objects = 有 { $count } 个对象的类别“{ $class }”不在保管期限表中；它们永远不会到期。
warn-no-date = { $path } 中规则要求的位置没有日期：期限从首次备份起算。
warn-policy-review = 保管期限表 { $version } 应在 { $date } 之前复核。

## 结果：建库、查看、密钥、手册页

init-done = 已在 { $dir } 建立密钥库（{ $suite }，编号 { $id }）。
init-share = 恢复份额：{ $path }
init-no-shares = 没有生成恢复份额。打开密钥库的方式一旦丢失，全部数据也随之丢失。可用 `sealkeep keystore passwd --shares 3/5 --kit DIR` 生成。
init-next = 下一步：在其他存储上执行 `sealkeep keystore copy add DIR`。没有副本时，丢失此密钥库就是丢失全部数据。
kit-page =
    封钥恢复份额 第 { $index } 份，共 { $total } 份
    密钥库 { $store }

    { $total } 份中任意 { $threshold } 份合起来即可打开此密钥库，更少则毫无信息。
    请打印本页，交给保管人，然后删除文件。
    使用时把下面一行输入文件：`sealkeep keystore recover FILE FILE …`
inspect-file =
    { $path }
    { "  " }套件：{ $suite }
    { "  " }密钥：{ $id }
    { "  " }大小：封存后 { $sealed } 字节，内容 { $content } 字节
key-shown =
    { $id }
    { "  " }范围：{ $scope }
    { "  " }状态：{ $state }
    { "  " }冻结：{ $held }
    { "  " }密钥库副本中已有：{ $copied }
    { "  " }套件：{ $suite }
    { "  " }生成：{ $created }
    { "  " }变更：{ $changed }
    { "  " }标签：{ $label }
key-gone =
    { "  " }销毁：{ $when }
    { "  " }证书：{ $certificate }
key-changed = { $count } 个密钥现为 { $state }。
key-level = 范围 { $scope } 定为 { $level } 级。
key-rotated = 已更换 { $scopes } 个范围、{ $pages } 页密钥。封存文件保持不变。
man-written = 已写出 { $count } 个手册页。

## 导览

tour-init = 建立密钥库，并为三个人准备恢复份额
tour-init-notice = 这里用密钥文件打开；单独执行 `init` 会询问口令。三份中任意两份也能打开。
tour-copy = 密钥库的实时副本，就当它在另一栋楼里
tour-copy-notice = 从现在起，副本也存有新密钥之后，`seal` 才报告成功。
tour-seal = 封存一个目录
tour-seal-notice = 每个文件有自己的密钥，只存在密钥库里。原文件只被读取。（警告说得对：在本导览中，密钥与数据在同一磁盘上。）
tour-sm4 = 同样的内容，使用 SM4 并隐藏名称
tour-sm4-notice = 连名称和目录也看不到：封存文件以密钥编号命名。内部全部使用 SM4 与 SM3。
tour-inspect = 外人能看到什么
tour-inspect-notice = 套件、大小、一个无意义的密钥编号。没有名称、日期、密钥。
tour-open = 检查、打开、比对
tour-same = { $files } 个文件，{ $bytes } 字节：逐字节相同。
tour-pipe = 管道与部分内容
tour-pipe-notice = 给出的内容都先经过验证；只取一部分时，先验证文件的结尾。
tour-damage = 改动一个比特
tour-damage-notice = 被拒绝，bad.out 这个名称下没有出现任何内容。
tour-wipe = 覆写打开得到的明文副本
tour-wipe-survey-notice = 先说明覆写在此处能达到什么效果，不作任何改动。在闪存、虚拟磁盘和写时复制文件系统上，效果比人们以为的要差。
tour-wipe-notice = 已覆写、绕过缓存回读，结论不夸大。wipe.json 是留档的报告。已封存的文件无需擦除：销毁其密钥即可。
tour-keys = 密钥有状态
tour-keys-notice = 暂停的密钥什么也打不开；轮换会更换数据密钥之上的密钥，封存文件保持不变。
tour-vault = 每夜备份用的保险库，以及说明哪个文件属于谁的规则
tour-vault-notice = 每个文件和文件夹都有自己的密钥，归入其患者的范围：可以在所有快照、所有副本中一次销毁。请把指纹抄下来。
tour-backup = 没有新内容；然后有了变化
tour-backup-notice = 未变化的不重读，也不重复存储。每个快照都是完整的：便条从前的样子也在。
tour-vault-copy = 另一栋楼里的副本：检查，并试着从中恢复
tour-vault-copy-notice = 检查副本不需要密钥，谁管着它谁就能检查。演练经由密钥库从副本恢复了一份样本；status 是每天要看的，有事项逾期时退出码为 42。
tour-vault-loss = 保险库丢失
tour-vault-loss-notice = 副本就是保险库：一切都直接从副本恢复。
tour-officers = 人员与策略：登记仪式
tour-officers-notice = 每位人员的私钥是其自己的文件，openssl 可读。两名有权人员共同设立登记；此后任何人都无法单独销毁数据。（本演示把七天等待期设为两秒。）
tour-request = 固定清册的申请与两级审批
tour-request-refused = 同意已全部撤回，但住院病历无论何种原因都须保存三十年：任何人签名之前就会指出。提供给试验的数据没有这样的期限。
tour-request-notice = 申请人不能审批自己的申请；第三位人员在另一台机器上对审批包签名。所签的是清册摘要，其中没有姓名。
tour-execute = 等待、警报与执行
tour-execute-notice = 等待期内试图使用数据者被拒绝并触发警报，申请随之暂停。随后密钥被销毁，保险库及其所有副本同时失效。
tour-prove = 监销、检测与证书
tour-prove-notice = 证书包含审计所需的全部内容，可离线验证；docs/guide/auditing.md 用其他程序做同样的检查。其他人的数据都还在。
tour-loss = 密钥库丢失
tour-loss-notice = 全部内容都从副本恢复。没有副本，所有封存数据就都没了：这正是能够销毁的原因，也是必须有副本的原因。
tour-shares = 打开密钥库的人不在了
tour-shares-notice = 三份中的两份打开了密钥库；单独一份毫无信息。丢失的密钥文件再也打不开任何内容。
tour-exit = 退出码 { $code }
tour-kept = 全部内容在 { $dir }。
tour-removed = 导览结束。{ $dir } 已删除；用 `sealkeep tour --keep DIR` 可保留全部内容。

## 结果：密钥库

status-peek =
    密钥库 { $dir }
    { "  " }编号：{ $id }，套件 { $suite }
    { "  " }代：{ $incarnation }，纪元：{ $epoch }
    { "  " }打开方式：{ $custodies }
    { "  " }根单元所在：{ $filesystem }（覆写效果：{ $overwrite }）
status-locked = 解锁后可显示更多（--passphrase-file、--key-file）。
status-unlocked =
    { "  " }建立：{ $created }
    { "  " }范围：{ $scopes }，墓碑：{ $tombstones }，恢复次数：{ $restores }
    { "  " }副本：{ $copies }
check-counts = 已读取 { $pages } 页：{ $scopes } 个范围，{ $keys } 个密钥，{ $destroyed } 个墓碑。
check-problem = 发现：{ $problem }
check-good = 一切完好。
drill-good = 份额 { $given } 真实且数量足够（共 { $total } 份，需 { $threshold } 份）。没有打开任何内容。
custody-now = 密钥库现在的打开方式：{ $custodies }。
copy-current = 已同步
copy-behind = 未同步
copy-live = 实时
copy-manual = 手动
copy-added = { $dir } 现为密钥库的副本，已同步。
copy-synced = { $dir } 已同步（写入 { $bytes } 字节）。
copy-checked = { $dir } 已完整读取；落后 { $behind } 次提交。
copy-removed = { $dir } 不再是此密钥库的副本。
restore-done = 已从 { $from } 恢复 { $dir }：{ $pages } 页，第 { $incarnation } 代，重新执行销毁 { $again } 项。
warn-no-copy = 密钥库没有副本。丢失它就是丢失全部封存数据。请用 `sealkeep keystore copy add DIR` 添加。
warn-residual = 根单元 { $path } 位于 { $kind }，在那里覆写不能擦除。销毁之后其旧内容应视为仍然存在。
warn-cell-left = { $dir } 处副本的根单元未能擦除：{ $reason }。其中内容打不开以后的状态。
warn-lost = 已知有 { $commits } 次更晚的提交不在此副本中，其中生成的密钥已丢失。
warn-spared = { $scopes } 个范围已在别处整体销毁，但此处含有其后生成、未列入任何已批准清单的密钥。这些密钥仍可打开，其余已销毁。如需一并销毁，请另行申请。

## 结果：销毁证明

certificate-check-file = 文件的写法正是证明的写法
certificate-check-payload = 成员齐全，且没有多余成员
certificate-check-signature = 由密钥库签名
certificate-check-checkpoint = 账本检查点出自该密钥库
certificate-check-entries = 每条记录都在检查点所指的账本中
certificate-check-proof = 最后一条记录的存在证明成立
certificate-check-cosigned = 见证人签名的检查点属于同一账本
certificate-check-statements = 按次序重演，规则接受每一份声明
certificate-check-store = 人员和政策始于创世声明和该密钥库的公钥
certificate-check-request = 申请已办结
certificate-check-inventory = 清单就是获批的清单
certificate-check-execution = 执行记录出自该密钥库，针对这份清单
certificate-check-wipe-reports = 覆写报告就是执行时的报告
certificate-check-inspection = 检测报告就是签过名的报告
certificate-check-claims = 各项声明均可推出
certificate-check-residual = 所列残留与推出的一致
certificate-check-trust = 创世声明是您信任的那份
certificate-passed = 通过：{ $what }
certificate-failed = 不通过：{ $what }（程序原文：{ $why }）
certificate-not-done = 未检查：{ $what }
certificate-anchored = 证明成立，并锚定于您给出的创世声明。摘要 { $digest }。
certificate-unanchored = 证明成立，未锚定。摘要 { $digest }。
certificate-head = 数据销毁证明 { $number }，摘要 { $digest }
certificate-what = { $owner }，{ $department }：{ $items } 项，根摘要 { $root }。原因：{ $reason }
certificate-when = 销毁时间：{ $started } 至 { $ended }。
certificate-act = { $time } { $kind }：{ $name }（{ $person }）{ $opinion }
certificate-act-void = { $time } { $kind }（不计入）：{ $name }（{ $person }）{ $opinion }
certificate-claim = { $claim }：{ $grade }。{ $text } [{ $assumes }]
certificate-residual = 可能残留：{ $what } { $place }（{ $why }），至 { $until }
certificate-not-covered = 不在范围内：{ $text }
certificate-written = { $path }

## 结果：保险库

vault-init-done =
    已在 { $dir } 建立保险库
    { "  " }编号：{ $id }，套件 { $suite }
    { "  " }指纹：{ $fingerprint }
    请记下指纹：此保险库的每份报告、每个副本都会重复它。
vault-check-counts = 快照 { $snapshots } 个，对象 { $objects } 个（已销毁 { $destroyed }，保全 { $held }），数据包 { $packs } 个共 { $bytes } 字节，其中读取了 { $read } 字节。
vault-check-unused = 有 { $count } 个数据包不属于任何快照：属于正在进行的备份，或未完成的备份。
vault-check-good = 一切正常。
backup-done = 快照 { $id }
backup-dry-run = 没有存储任何内容。
backup-total = { "  " }总计：对象 { $objects }，文件 { $files }，字节 { $bytes }
backup-new = { "  " }新增：对象 { $objects }，文件 { $files }，字节 { $bytes }
backup-changed = { "  " }变化：对象 { $objects }，文件 { $files }，字节 { $bytes }
backup-unchanged = { "  " }未变：对象 { $objects }，文件 { $files }，字节 { $bytes }
backup-reclassified = { "  " }重新分类：对象 { $count }
backup-written = { "  " }存储：数据块 { $chunks }，字节 { $bytes }；库中已有的数据块 { $shared }
snapshots-none = 没有这样的快照。
snapshot-size = { $files } 个文件，{ $bytes } 字节
snapshot-failed = { $count } 个未读出
snapshot-unfinished = 未完成
forget-keep = { "  " }保留  { $snapshot }  （{ $reasons }）
forget-forget = { "  " }移除  { $snapshot }
forget-done = 移除 { $count } 个，保留 { $kept } 个。空间在下次清理时收回。
forget-plan = 将移除 { $count } 个，保留 { $kept } 个。没有作任何改动。
forget-reason =
    .no-policy = 无规则
    .newest = 最新
    .unfinished = 未完成，待继续
    .last = 最近
    .hourly = 每小时
    .daily = 每日
    .weekly = 每周
    .monthly = 每月
    .yearly = 每年
    .within = 时长之内
    .tag = 标签
    .other = 其他
objects-closed = 有 { $count } 个对象无法查看：密钥已销毁或打不开。
find-done = 在 { $snapshots } 个快照中找到 { $count } 个对象。
diff-done = 新增 { $added }，移除 { $removed }，变化 { $changed }，仅属性不同 { $metadata }。
restore-destroyed = 已销毁：{ $key }  { $path }  { $when }  申请 { $certificate }
restored = 已将快照 { $id } 恢复到 { $output }：文件 { $files }，文件夹 { $directories }，其他 { $others }，字节 { $bytes }；保持原样 { $kept }；已销毁 { $destroyed }。
restore-plan = 将把快照 { $id } 恢复到 { $output }：文件 { $files }，文件夹 { $directories }，其他 { $others }，字节 { $bytes }；保持原样 { $kept }；已销毁 { $destroyed }。没有写出任何内容。
prune-done = 收回 { $freed } 字节：移除数据包 { $removed }，重写 { $rewritten }，保留 { $kept }。需要 { $needed } 字节，无用 { $unused }；已销毁对象 { $destroyed }。
prune-plan = 将收回 { $freed } 字节：移除数据包 { $removed }，重写 { $rewritten }，保留 { $kept }。需要 { $needed } 字节，无用 { $unused }；已销毁对象 { $destroyed }。没有作任何改动。
vault-rebuilt = 已用 { $packs } 个数据包重建。重新出现的快照：{ $snapshots }；其中缺少内容的：{ $incomplete }。
vault-rebuilt-file = 说明保险库的文件也已重建。
drill-done = { $copy } 的演练：{ $objects } 个对象中尝试了 { $chosen } 个；恢复并比对文件 { $files } 个共 { $bytes } 字节，其他 { $others }，已销毁且如期失败 { $destroyed }；{ $seconds } 秒。下次应在 { $next } 之前。
drill-record = 签名报告：{ $path }
vault-copy-added = 已将 { $place } 登记为副本 { $id }。
vault-copy-removed = { $place }（{ $id }）从未成为副本；已取消登记。
vault-copy-out = { $place }（{ $id }）现为：{ $state }。
vault-copy-synced = { $place }（{ $id }）已同步，头 { $head }：带来文件 { $brought } 个共 { $bytes } 字节，已有 { $present }，移除 { $removed }。
vault-copy-left = 有 { $count } 个文件未能移除，第一个是 { $first }。
vault-copy-foreign = 那里有 { $count } 个文件不属于保险库，第一个是 { $first }。
vault-copy-checked = 已完整读取 { $place }：文件 { $files }，字节 { $bytes }，头 { $head }，指纹 { $fingerprint }
vault-copy-missing = { "  " }缺失：{ $name }
vault-copy-rotten = { "  " }错误：{ $name }（{ $part }，偏移 { $offset }，长度 { $length }）
vault-copy-stray = { "  " }多余：{ $name }
vault-copy-not-noted = 此次检查未记入登记簿：没有无需询问即可打开密钥库的方式（--key-file、--passphrase-file）。
vault-copy-healed = { "  " }已修复：{ $name }
vault-copy-unhealed = { "  " }未修复：{ $name }
vault-copy-repaired = { $place }：已修复 { $healed }，未修复 { $unhealed }。
vault-copy-dry-run = 试运行：不作更改。将会：
media-added = 已登记介质 { $id }。
media-none = 没有登记副本或介质。
media-due = 应盘点：{ $count }。
media-audited = 已为 { $count } 件介质记录。
media-copy =
    { $id }  副本，{ $kind }  { $place }  { $state }
    { "  " }同步 { $sync }，检查 { $check }，盘点 { $audit }；逾期：{ $overdue }
    { "  " }序列号 { $serial }，位置 { $location }，责任人 { $custodian }
media-medium =
    { $id }  { $kind }  { $place }  { $state }
    { "  " }盘点 { $audit }；逾期：{ $overdue }
    { "  " }序列号 { $serial }，位置 { $location }，责任人 { $custodian }
media-state =
    .in-use = 在用
    .retired = 停用
    .destroyed = 已销毁
    .lost = 遗失
    .other = 其他
media-what =
    .sync = 同步
    .check = 检查
    .repair = 修复
    .audit = 盘点
    .search = 查找
    .other = 其他
retention-due = { $last }  { $path }  （{ $class }；{ $action }；{ $key }）
retention-counts = 按保管期限表 { $version }，{ $date } 到期：{ $objects } 个对象中的 { $due } 个。无类别 { $unclassified }，保全 { $held }，已销毁 { $destroyed }。
retention-policy = 保管期限表 { $version }，{ $reviewed } 复核，下次应在 { $by } 之前复核
retention-class =
    { $name }：{ $title }
    { "  " }自{ $start }起至少 { $period }；期满：{ $action }；起始分级：{ $level }
    { "  " }依据：{ $basis }
retention-years = { $count } 年
retention-months = { $count } 个月
retention-action =
    .propose = 提请销毁
    .seal = 继续封存
    .hold = 由人决定
rules-line = 第 { $line } 行，{ $pattern }
rules-none = 无
rules-explained =
    { $path }
    { "  " }规则：{ $rule }
    { "  " }范围：{ $scope }
    { "  " }分级：{ $level }，类别：{ $class }，应保管至：{ $until }
    { "  " }主体：{ $subjects }
    { "  " }存放地域：{ $residency }
status-vault =
    保险库 { $dir }
    { "  " }编号：{ $id }，套件 { $suite }
    { "  " }指纹：{ $fingerprint }
status-overdue = 逾期
status-in-time = 正常
status-backup = { $host } { $sources } 的最新快照：{ $when }，{ $hours } 小时前；共 { $count } 个
status-no-backup = 没有已完成的快照
status-copy = 副本 { $id } { $place }：同步于 { $when }
status-no-copy = 保险库没有副本
status-due = { $id } { $place }：{ $what }，自 { $since }
status-drill = 最近一次演练：{ $when }
status-drill-failed = 最近一次演练：{ $when }，失败
status-no-drill = 从未演练
status-key-copy = 密钥库副本 { $dir }：{ $when }
status-no-key-copy = 密钥库没有副本
status-policy = 保管期限表 { $version } 应在 { $date } 之前复核
status-hold = 保全 { $hold }（{ $basis }）：复核已到期 { $review }
status-justify = 紧急访问 { $grant }（{ $by }）：说明已逾期 { $due }
status-summary = { $count ->
        [0] 没有逾期事项。
       *[other] 有 { $count } 项逾期。
    }

## 结果：封存、打开、检查

item = { $input } → { $output }（{ $key }）
seal-done = 已封存 { $files } 个文件、{ $directories } 个目录、{ $symlinks } 个链接，共 { $bytes } 字节。
seal-plan = 将封存 { $count } 个对象，共 { $bytes } 字节。没有实际封存。
stream-sealed = 已封存 { $bytes } 字节，密钥 { $key }。
open-done = 已打开 { $files } 个文件、{ $directories } 个目录、{ $symlinks } 个链接，共 { $bytes } 字节，全部通过验证。
stream-opened = 已打开 { $path }：{ $bytes } 字节，全部通过验证。
check-done = 已检查 { $files } 个文件、{ $directories } 个目录、{ $symlinks } 个链接，共 { $bytes } 字节，全部完好。
stream-checked = 已检查 { $bytes } 字节，全部完好。
warn-skipped-special = 略过 { $path }：设备、管道和套接字没有可封存的内容。
warn-skipped-not-sealed = 略过 { $path }：它不是封存文件。
warn-existing = 有 { $count } 个输出已存在，未作改动。
warn-hard-links = 有 { $count } 个文件有多个名称；每个名称各自封存为一个文件。
warn-moved = { $sealed } 所在的名称与内部名称不同；已打开为 { $path }。
warn-special-bits = 没有恢复 { $path } 的 setuid 或 setgid 位。

## 结果：封存并擦除原文件

retire-plan = 将封存、证明，然后擦除：{ $count } 个对象，共 { $bytes } 字节。
retire-confirm = 封存文件经证明完好后，其原文件将被擦除，不可撤销。输入“{ $word }”继续：
retire-proven = 已打开并逐一比对证明：{ $files } 个文件、{ $directories } 个目录、{ $symlinks } 个链接，共 { $bytes } 字节。
retire-done = 结果：{ $result }。已擦除原文件 { $files }；保留 { $kept }。
retire-result =
    .retired = 全部原文件已擦除并验证
    .best-effort = 全部原文件已擦除，部分只能尽力而为
    .partial = 部分完成
    .kept = 没有擦除任何原文件，全部保留
    .interrupted = 中断

## 结果：覆写

warn-no-journal = 没有存放日志的地方：中断后无法继续。请用 --journal 指定。
warn-no-report = 报告无法写入 { $path }；结果只在此处显示。
warn-other-name = 目标另有名称 { $path }：内容在该名称下也会一并消失。
warn-other-names = 目标另有 { $count } 个名称未列出或未找到。
warn-unseen-users = 未能查询所有进程打开了哪些文件，因此正被使用的文件可能未被发现。以 root 运行可以看到更多。
warn-unfinished-wipe = { $count ->
        [one] 有一次
       *[other] 有 { $count } 次
    } 运行曾被中断或仍在进行；`sealkeep wipe --resume` 可继续。
warn-untested = 令硬盘自行擦除的功能未在真实硬件上测试。一旦开始便无法停止：即使本次运行结束，硬盘仍会继续。请勿断电。
warn-disk-full = 结束前文件系统会短时占满：此时其他程序无法在其中写入。填充所用的文件没有名称，因此无论本次运行如何结束，空间都会恢复空闲。
wipe-resuming = 继续处理 { $path }。
wipe-confirm = 此操作不可撤销。输入“{ $word }”继续：
wipe-class = { $count } × { $kind }，{ $bytes } 字节，位于 { $place }
wipe-class-names = { $count } × { $kind }，位于 { $place }：名称将被移除
wipe-class-refused = { "  " }→ 不动
wipe-claim = { "  " }可声明：{ $text }
wipe-found = { "  " }- { $effect }：{ $text }
wipe-passes = 遍次（{ $count }）：{ $passes }
wipe-sanitize = 将令硬盘：{ $text }。事先写入标记块，事后不得有任何一块留存。
wipe-technique =
    .block-erase = 擦除全部块
    .crypto-erase = 更换加密其全部内容的密钥
    .overwrite = 以零覆写全部内容一遍
wipe-row = { $verdict }：{ $path }
wipe-pass-done = 第 { $number } 遍，{ $pattern }：{ $bytes } 字节，{ $speed } MB/s；回读 { $read } 字节，{ $readspeed } MB/s
wipe-journal-emptied = { $place } 的文件系统日志已清空：其中不再有内容或名称。
wipe-journal-stays = { $place } 的文件系统日志未能清空。
wipe-residual = 可能残留：{ $text }
wipe-done = 结果：{ $result }。已验证 { $verified }，尽力而为 { $effort }，未擦除或未完全擦除 { $short }，未动 { $refused }；移除名称 { $names }，字节 { $bytes }。
wipe-reach =
    .in-place = 原地覆写：写入落在存放内容的那些块上
    .best-effort = 尽力而为：能否触及旧块由下层决定
    .impossible = 无法做到：覆写触及不到那里的内容
wipe-effect =
    .note = 说明
    .best-effort = 降低声明
    .impossible = 触及不到
    .refuse = 拒绝
wipe-kind =
    .file = 文件
    .directory = 文件夹
    .symlink = 符号链接
    .special = 特殊文件
    .device = 块设备
    .free-space = 空闲空间
wipe-verdict =
    .verified = 已验证
    .removed = 已移除名称
    .best-effort = 尽力而为
    .not-in-place = 未原地覆写
    .failed = 失败
    .unfinished = 未完成
    .refused = 未动
wipe-result =
    .verified = 已验证
    .best-effort = 尽力而为
    .partial = 部分完成
    .refused = 拒绝
    .interrupted = 中断
wipe-finding =
    .earlier-versions = 文件的早期版本（另存或截短之前的）可能留在空闲空间中；`wipe --free-space` 可触及
    .name-in-journal = 名称、时间和大小可能留在文件系统的元数据或日志中，或留在保留下来的大文件夹中
    .data-journal = 内容经过文件系统日志写入，也留在日志里
    .inline = 内容很短，存放在元数据之中
    .sparse = 文件有空洞；空洞中没有内容，不予处理
    .unwritten = 已分配但本文件从未写过的空间；同样会被覆写
    .attributes = 扩展属性或访问控制列表；会被移除，但其内容可能仍留在元数据和空闲空间中
    .memory = 内容在内存中，断电即失
    .swap = 内存内容可能已写入交换区，无法触及
    .encrypted-device = 设备由系统加密；销毁其密钥是更强的办法
    .raid = 内容存放在多块磁盘上；被取下的成员盘仍保留当时的内容
    .flash = 闪存会写到别处并在一段时间内保留旧块；只有设备自身能擦除
    .virtual-disk = 磁盘由虚拟机管理程序或控制器提供；覆写落在哪里从这里看不到
    .unknown-medium = 无从得知这是何种介质
    .thin = 精简配置：存储可能写到别处并保留旧块
    .cache = 中间隔着缓存或日志，其中可能也有内容
    .zoned = 分区式或叠瓦式存储：覆写会落在别处
    .network-device = 设备在另一台机器上
    .network = 文件系统在另一台机器上；其行为从这里看不到
    .unknown-file-system = 不了解这种文件系统的写入方式
    .no-extents = 文件系统不告知文件存放的位置
    .unknown-extents = 文件的部分位置未知
    .copy-on-write = 文件系统把改动写到别处；旧块被释放，设备支持时提交丢弃；快照会保留它们
    .compressed = 内容由文件系统压缩或编码
    .shared = 其他文件或快照也持有同样的块
    .snapshot = 卷的快照保留着旧块
    .lower-copy = 叠加文件系统的下层存有副本
    .hard-links = 文件另有名称，名称总数如括号中所示
    .in-use = 正被其他程序打开
    .mounted = 已挂载或用作交换区
    .partitions = 含有分区
    .swap-file = 系统正用它作交换文件
    .immutable = 被标记为不可更改（chattr）
    .read-only = 文件系统或设备不接受写入
    .reserved-blocks = 文件系统为自身或管理员保留的空闲块未触及
    .quota = 空闲空间未满时配额已用尽；其余部分未触及
    .untested = 由硬盘自行擦除；此功能未在真实硬件上测试，只能凭预写的标记块和硬盘自己的答复判断
    .outside-free-space = 未触及：其他文件最后一块的剩余部分、目录、空闲 inode 及其他元数据
wipe-methods-legend =
    { "" }
    字节以十六进制表示，重复写满整个目标。c：每次运行时随机选定的一个字节；~c：其补码；c_2、c_3：另外选定的字节。random：全新的随机数据流。×：连续若干遍。
    “要求回读核验”：名称所依据的文本要求回读最后一遍并逐字节比对。任何方法之后都可以回读核验。
    名称只说明列表的出处。执行过某个列表，不等于宣称符合某项标准。
wipe-method-read-back = （要求回读核验）
wipe-method-custom = （自定义）
wipe-caveat = { "    " }{ $text }
    .logical = logical-N，N 可为 3 到 99：交替写入 00 与 FF，共 N 遍。
    .nist-clear = 即通常所说 SP 800-88 “清除（Clear）”级的单遍覆写，是否回读由本单位规定。覆写文件最多达到 Clear 级；在闪存上覆盖不到备用存储单元。
    .gat1143-3 = GA/T 1143-2014 的“3次数据销毁方法”，该标准仅适用于磁介质：固定字符、其补码、随机数据。
    .gat1143-7 = GA/T 1143-2014 的 7 次数据销毁方法，该标准仅适用于磁介质。第 1 至 4 遍依据标准文本，第 5 至 7 遍未与文本核对。与 dod-5220.22-m-ece 不同。
    .bmb21 = 此名称沿用自其他工具。国家保密标准 BMB21 的文本不公开：执行过此列表绝不能作为符合该标准的依据，也不得用于涉及国家秘密的载体。
    .dod-5220-22-m = 1995 年 NISPOM 补充文件表格中的 (d) 项（硬磁盘）：一个字符、其补码、一个随机字符，并核验。第三遍按其他工具的做法写随机数据。各工具对此名称的做法不一。自 2007 年 6 月起，该体系不再认可以覆写方式净化磁介质。
    .dod-5220-22-m-e = 同一表格中的 (e) 项，原用于磁芯存储器；一些工具称之为三遍的“DoD (E)”。其文本不要求回读核验。
    .dod-5220-22-m-ece = 一些工具所称的“DoD 七遍”。美国国防部手册中并无此方法，它是工具自拟的列表：(E)、单个字符、(E)。
    .nnsa-nap-14-1-c = 依据美国国家核安全管理局 NAP-14.1-C：两遍随机数据，一遍固定字节，并核验。
    .ar-380-19 = 依据美国陆军条例 AR 380-19 的文本：一个随机字符，再写一个指定字符及其补码。各工具做法不一：有的写 00、FF、随机数据，有的写 FF、00、随机数据。
    .navso-p-5239-26-mfm = NAVSO P-5239-26，用于 MFM 硬盘。其文本从最低位起逐位给出该字，两个方向都读得通。这里使用的字是 FFFFFFFD，高位字节在前；反向读则为 BFFFFFFF。
    .navso-p-5239-26-rll = NAVSO P-5239-26，用于 RLL 硬盘。其文本从最低位起逐位给出该字，两个方向都读得通。这里使用的字是 FFFFFFE4，高位字节在前；一些厂商读作 27FFFFFF。
    .hmg-is5-baseline = 英国 HMG Infosec Standard 5 基本级：写一遍零，并核验。
    .hmg-is5-enhanced = 英国 HMG Infosec Standard 5 增强级：全零、全一、随机数据；必须核验最后一遍。
    .rcmp-tssit-ops-ii = 厂商所述的加拿大 RCMP TSSIT OPS-II。各工具做法不一：nwipe 改为写若干字符及其补码。
    .csec-itsg-06 = 依据加拿大 CSEC 的 ITSG-06：一个字符、其补码、随机数据，并核验。
    .vsitr = 通常以此名称（德国）流传的列表，未与原文核对。scrub 的“bsi”是另一个九遍的列表。
    .gost-r-50739-95 = 厂商称此列表出自俄罗斯 GOST R 50739-95。据称该标准文本并未规定这样的列表。
    .schneier = 出自 B. Schneier《应用密码学》：全一、全零，再写五遍随机数据。有的工具先写零。
    .gutmann = P. Gutmann 于 1996 年发表，按原文顺序；有的工具会打乱第 5 至 31 遍。这些图案针对当时的 MFM 和 RLL 硬盘；对现代硬盘，他本人只提到写几遍随机数据。
    .pfitzner = 据称出自 R. Pfitzner：只写随机数据，7 遍或 33 遍。

## Results: the ledger

ledger-checked = { $entries } 个条目，根 { $root }
ledger-contains = 其中仍包含 { $count } 个以前的检查点。
ledger-verifier = 验证公钥：{ $key }
ledger-exported = { $count } 个条目写入 { $path }

## Officers, policy, statements

usage-more-signers = 还须他人签名：请用 --output 写入文件，再由他人用 `sealkeep statement sign` 签名。
usage-one-officer = 文件中须恰好有一名人员。
officer-new = 已写入 { $path }。公钥：{ $key }
word-role =
    .authority = 授权人
    .data-administrator = 数据管理员
    .department-head = 部门负责人
    .legal = 法务
    .security = 信息安全
    .executor = 销毁人
    .witness = 监销人
    .inspector = 检测人
    .auditor = 审计人
    .key-administrator = 密钥管理员
    .operator = 操作员
word-officer =
    .active = 在任
    .suspended = 暂停
    .leaving = 离任中
    .revoked = 已免去
word-request =
    .requested = 待审批
    .waiting = 等待期
    .executing = 执行中
    .executed = 已执行
    .partial = 部分完成
    .done = 已完成
    .rejected = 已驳回
    .withdrawn = 已撤回
    .cancelled = 已取消
    .expired = 已过期
word-trigger =
    .retention-expired = 保存期满
    .service-ended = 停止服务
    .purpose-met = 目的已实现
    .purpose-impossible = 目的无法实现
    .consent-withdrawn = 撤回同意
    .unlawful = 处理违法
    .other = 其他
word-item =
    .object = 对象
    .sealed = 封存文件
    .key = 密钥
    .scope = 作用域
    .file = 文件
    .device = 设备
    .medium = 介质
officer-shown =
    { $id }
    { "  " }姓名：{ $name }
    { "  " }人员编号：{ $person }
    { "  " }状态：{ $state }
    { "  " }职责：{ $roles }
    { "  " }公钥：{ $key }
    { "  " }资质：{ $qualification }
    { "  " }登记：{ $enrolled }（条目 { $entry }）
warn-leaver-overdue = { $officer } 离职已超过 72 小时，尚未撤销
warn-unqualified = { $officer } 的资质已过期
warn-policy-overdue = 制度已过复审日期：申请、审批和执行均被拒绝
statement-accepted = { $kind } 已被接受，条目 { $entry }：{ $digest }
statement-written = { $kind } 已写入 { $path }
statement-missing = 尚待签名：{ $officers }
statement-not-sent = 将声明如下内容（{ $kind }）；未做任何事：
statement-shown = { $kind } { $digest }
policy-error = 错误：{ $problem }
policy-weak = 薄弱：{ $problem }
policy-problem-too-long = 制度超过 16,384 字节
policy-problem-syntax = 无法解析：{ $message }
policy-problem-title = 标题须为一行，1 至 200 字节
policy-problem-day = 日期写作 2026-01-31
policy-problem-review = 复审日期须晚于生效日期，且不超过十年
policy-problem-late-review = 复审日期距生效日期超过一年
policy-problem-bounds = 须在 { $least } 与 { $most } 之间
policy-problem-no-role = 未指明任何职责
policy-problem-role-twice = 职责 { $role } 重复
policy-problem-executor-inspects = 执行人不得担任检测人
policy-problem-method = 不是覆写方法的名称
policy-problem-never-executed = 等待期须短于 `approve_within`
policy-problem-no-wait = 没有可以取消销毁的时间
policy-problem-few-approvals = 申请之后的审批少于两步
policy-problem-few-witnesses = 监督人少于两名
policy-problem-no-inspection = 没有销毁检测
policy-problem-unqualified = 执行人无需资质
policy-problem-lone-release = 一人即可解除封存
policy-problem-no-alarm = 大量打开密钥时没有告警
policy-checked = 制度可以生效；提示 { $count } 条。
policy-level = 级别 { $level }（所据部分：{ $section }）：
policy-applicant = { "  " }申请人（其一）：{ $roles }
policy-step = { "  " }第 { $step } 步审批（其一）：{ $roles }
policy-wait = { "  " }然后等待 { $wait }，其间可以取消
policy-executor = { "  " }执行人（其一）：{ $roles }
policy-executor-qualified = { "  " }执行人（其一）：{ $roles }，资质须在有效期内
policy-witnesses = { "  " }监督人：{ $count } 名
policy-inspection = { "  " }由他人检测，确认均无法打开
policy-wipe = { "  " }通常覆写方法：{ $method }
policy-persons = { "  " }共需 { $count } 名不同的人
refused-entry-order = 账本条目的顺序不对
refused-no-genesis = 尚未设立人员
refused-second-genesis = 人员已经设立过
refused-foreign-store = 声明属于另一个密钥库
refused-duplicate = 该声明此前已被接受
refused-signed-in-future = 签署时间晚于账本时间
refused-signed-too-long-ago = 签署时间过早
refused-other-policy = 现行制度不是所指的那一份
refused-policy-unreviewed = 制度已过复审日期
refused-unknown-officer = 签署者不是登记人员
refused-officer-not-active = 签署者已被暂停、离职或撤销
refused-signature-missing = 缺少签名
refused-signature-invalid = 签名无效
refused-persons = 签署人数不符
refused-role = { $officer } 没有此时可办理的角色：{ $roles }
refused-same-person = 同一人在一份申请中不得担任两种职责
refused-officer-invalid = 该人员的职责或公钥不符合规定
refused-id-used = 该编号已被使用
refused-key-used = 该公钥已登记过
refused-person-enrolled = 此人已是登记人员
refused-replaces = 不能这样替换该人员
refused-officer-state = 该人员的状态不允许
refused-authority = 拥有授权职责的人数不足
refused-policy-invalid = 制度有错误
refused-policy-version = 制度版本号没有升高
refused-policy-not-effective = 制度今日不生效
refused-request-invalid = 申请自相矛盾
refused-number-used = 申请编号已被使用
refused-unknown-request = 没有这份申请
refused-request-state = 申请的状态不允许
refused-other-inventory = 清册不是同一份
refused-step = 应先完成另一审批步骤
refused-not-yours = 应由他人声明
refused-held = 清册中有被封存的内容
refused-destruction-begun = 其中有内容已开始销毁，来不及封存
refused-waiting = 等待期未满
refused-expired = 申请已过期
refused-not-expired = 申请尚未过期
refused-paused = 等待期内有人试图使用密钥，申请已暂停
refused-not-paused = 申请没有暂停，或签署早于告警
refused-clock-in-doubt = 时钟被改动过，须两名授权人员确认
refused-clock-not-in-doubt = 时钟没有疑问，或签署早于告警
refused-unqualified = 执行人没有资质或资质已过期
refused-other-execution = 执行记录不是同一份
refused-no-order = 没有执行令
refused-unknown-hold = 没有这项封存
refused-released = 封存此前已解除
refused-targets = 没有指明对象，或对象重复
refused-until = 时间已过，或过于久远
refused-unknown-grant = 没有这次紧急访问
refused-justified = 此前已说明过

## Destruction: officers at work

destroy-found = 申请 { $number }：{ $items } 项，{ $bytes } 字节，{ $level } 级
destroy-more = { "  " }… 另有 { $count } 项
destroy-copy = { "  " }已登记副本：{ $place }
destroy-copy-away = { "  " }已登记副本（现无法访问）：{ $place }
destroy-residual = { "  " }暂时残留：{ $text }
destroy-not-covered = { "  " }不在范围内：{ $text }
destroy-dry-run = 未签名，未固定清册。
destroy-requested = 申请 { $number } 已写入账本，标识 { $digest }。清册已固定：{ $root }
destroy-summary = 
    申请 { $number }（{ $digest }）
      { $trigger }：{ $reason }
      { $items } 项，{ $bytes } 字节，{ $level } 级
      清册 { $root }
destroy-state = { "  " }状态：{ $state }
destroy-by-applicant = { "  " }申请人 { $name }（{ $id }），{ $time }
destroy-by-approval = { "  " }批准人 { $name }（{ $id }），{ $time }
destroy-by-lapsed = { "  " }批准人 { $name }（{ $id }），{ $time }：已失效
destroy-by-executor = { "  " }销毁人 { $name }（{ $id }），{ $time }
destroy-by-witness = { "  " }监销人 { $name }（{ $id }），{ $time }
destroy-by-inspector = { "  " }检测人 { $name }（{ $id }），{ $time }：通过
destroy-by-inspector-failed = { "  " }检测人 { $name }（{ $id }），{ $time }：未通过
destroy-record = { "  " }执行记录 { $digest }
destroy-row = { $digest }  { $number }  { $state }  { $items } 项
destroy-none = 没有申请。
destroy-nothing-to-do = 没有待您办理的事项。
task-approve = 批准或驳回
task-resume = 恢复
task-execute = 执行销毁
task-witness = 监销
task-inspect = 销毁安全检测
task-review-hold = 复核保全
task-justify = 说明紧急访问
ask-scope = 销毁什么？作用域，连同其下全部（可留空）：
ask-subject = 某人的数据，写假名标识：
ask-number = 申请编号 [{ $next }]：
ask-trigger = 事由：
ask-reason = 理由：
ask-basis = 依据的法律、规定或合同（可留空）：
ask-department = 部门（可留空）：
ask-task = 现在办理哪一项（留空则不办）：
ask-approve = 是否批准（yes/no）：
ask-opinion = 意见（可留空）：
destroy-work-hold = 保全 { $hold }：应当复核；`sealkeep hold review { $hold }`
destroy-work-justify = 紧急访问 { $grant }：须于 { $due } 前说明；`sealkeep break-glass justify { $grant }`
destroy-next-approval = { "  " }下一步：第 { $step } 级审批（共 { $of } 级），由 { $roles } 办理
span-days = { $days } 天 { $hours } 小时
span-hours = { $hours } 小时 { $minutes } 分
span-minutes = { $minutes } 分 { $seconds } 秒
destroy-held = 已被保全
destroy-unclassified = 无从得知应保存多久；--unclassified 仍将其列入，并在申请中写明
destroy-pending = 等待销毁
destroy-next-wait = { "  " }下一步：等待 { $left }；期间可取消
destroy-next-resume = { "  " }已暂停：有人试图使用其密钥。下一步：由 { $roles } 恢复或取消
destroy-next-execution = { "  " }下一步：执行销毁，由 { $roles } 办理
destroy-next-witness = { "  " }下一步：还需 { $missing } 名监销人签名
destroy-next-inspection = { "  " }下一步：销毁安全检测
destroy-next-go-on = { "  " }下一步：再次运行 `sealkeep destroy execute` 以继续
destroy-next-certify = { "  " }下一步：`sealkeep destroy certify` 出具证书
destroy-scope = { "  " }作用域 { $scope }：{ $items } 项，{ $bytes } 字节，{ $level } 级
destroy-shown = { $of } 项中的 { $count } 项：
destroy-approved = 已批准：申请 { $number }（{ $digest }）。
destroy-rejected = 已驳回：申请 { $number }（{ $digest }）。
destroy-withdrawn = 已撤回：申请 { $number }（{ $digest }）。密钥恢复原状。
destroy-cancelled = 已取消：申请 { $number }（{ $digest }）。密钥恢复原状。
destroy-expired = 已过期：申请 { $number }（{ $digest }）。密钥恢复原状。
destroy-resumed = 已恢复：申请 { $number }（{ $digest }）。
destroy-witnessed = 已监销：申请 { $number }（{ $digest }）。账本头已会签。
destroy-cosigned = 先前已监销：申请 { $number }（{ $digest }）。现已会签账本头。
destroy-statement-written = 已签名：{ $path }。请用 `sealkeep destroy import` 提交。
destroy-exported = 审批包：{ $path }
destroy-imported = 已接受 { $count } 份声明。
destroy-going-on = 申请 { $number } 已开始执行：继续。
destroy-executed = 已销毁：申请 { $number }。执行记录：{ $digest }
destroy-would-keys = { "  " }将销毁 { $keys } 个密钥和作用域
destroy-would-wipe = { "  " }将覆写（{ $method }）：{ $path }
destroy-would-copy = { "  " }密钥库副本，同时擦除：{ $dir }
destroy-would-copy-away = { "  " }密钥库副本，无法访问：{ $dir }
destroy-would-copy-later = { "  " }密钥库副本，由 `sealkeep keystore copy sync` 擦除：{ $dir }
destroy-would-now = 未作任何更改。现在可以执行。
destroy-would-not = 未作任何更改。现在不能执行：{ $why }
destroy-inspected = 检测通过：申请 { $number }。已销毁的均打不开；抽查的其他数据均可打开。
destroy-place = { "  " }{ $what } { $place }：尝试 { $items } 项，均打不开；其他可打开：{ $others }
destroy-place-failed = { "  " }{ $what } { $place }：未通过：尝试 { $items } 项，打开 { $opened } 项；其他可打开：{ $others }
destroy-place-away = { "  " }{ $what } { $place }：无法访问，计为残留
destroy-place-until = { "  " }最迟至 { $until }
destroy-certified = 销毁证书：{ $path }
destroy-form = 表格：{ $path }
destroy-genesis = 验证者须另行取得：--trust { $genesis }
destroy-confirm-request = 输入申请编号以签名（{ $number }）：
destroy-confirm-sign = 输入申请编号以签名（{ $number }）：
destroy-confirm-witness = 确认您在场并见证了销毁？输入申请编号（{ $number }）：
destroy-confirm-execute = 此操作无法撤销。输入申请编号以执行销毁（{ $number }）：
destroy-confirm-inspect = 输入申请编号以对检测结果签名（{ $number }）：
warn-must-be-kept = { $name } 必须保留：{ $why }
warn-weaker-method = 有 { $count } 项的覆写遍数少于该级别的通常方法（{ $usual }）
warn-no-names = 无法显示名称：审批包中仅按需包含；密钥库所在机器上仅在最后一级批准前可见
warn-packet-names = { $path } 含明文名称，会比数据存在得更久：用毕请销毁
warn-clock = 时钟曾被拨动（{ $since }）：在两名授权人声明时间正确（`sealkeep statement clock`）之前，不执行任何销毁
warn-leftover = 尚未了结：{ $what }
warn-leaver = 请向 { $name }（{ $officer }）收回恢复份额、密钥文件、口令和介质；其持有哪些，程序无从得知。并更换打开密钥库的方式：`sealkeep keystore passwd`
leftover-request = 申请 { $number }（{ $digest }）由其提出；随其离任而终止
leftover-approval = 申请 { $number }（{ $digest }）：其批准的一级须重新审批
leftover-order = 申请 { $number }（{ $digest }）由其下令执行
leftover-hold = 保全 { $digest } 由其设置；下次复核须由他人办理
leftover-grant = 紧急访问 { $digest } 由其发起，尚未说明
leftover-medium = { "  " }介质 { $id }（{ $place }）由其保管
hold-placed = 已设置保全：{ $hold }（{ $scopes } 个作用域，{ $keys } 个密钥）
hold-reviewed = 保全 { $hold } 继续；下次复核 { $review }
hold-release-begun = 已签名：{ $path }。其他人用 `sealkeep statement sign` 签名后，用 `sealkeep statement submit` 提交。
hold-row = { $hold }  { $targets } 个标识  { $basis }  复核 { $review }
hold-row-due = { $hold }  { $targets } 个标识  { $basis }  复核已到期 { $review }
hold-none = 没有保全。
break-glass-begun = 紧急访问已开始，至 { $until }（{ $grant }）。请于 { $due } 前提交说明。
break-glass-justified = 已说明：{ $grant }
break-glass-row = { $grant }  { $by }  至 { $until }  说明期限 { $due }  { $reason }
break-glass-row-overdue = { $grant }  { $by }  至 { $until }  说明已逾期（{ $due }）  { $reason }
break-glass-row-justified = { $grant }  { $by }  至 { $until }  已说明（期限 { $due }）  { $reason }
break-glass-none = 没有紧急访问记录。
